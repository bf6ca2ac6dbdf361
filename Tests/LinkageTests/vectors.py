"""Writes vectors.json: what rapidfuzz, jellyfish, clkhash and anonlink say of texts and records.

    python3 -m venv v && v/bin/pip install rapidfuzz jellyfish clkhash anonlink
    v/bin/python vectors.py > vectors.json
"""
import json
import random

import jellyfish
from anonlink.similarities import dice_coefficient_accelerated
from bitarray import bitarray
from clkhash.clk import hash_chunk
from clkhash.key_derivation import generate_key_lists
from clkhash.schema import from_json_dict
from clkhash.serialization import serialize_bitarray
from rapidfuzz.distance import DamerauLevenshtein, JaroWinkler

random.seed(21)
words = ["martha", "marhta", "dwayne", "duane", "dixon", "dicksonx", "jellyfish", "smellyfish", "ca", "abc", "a", "", "é", "José",
         "Jose", "Müller", "Mueller", "Østergård", "van der berg", "berg van der", "1965-04-03", "1965-03-04", "ab" * 50, "ba" * 50]
letters = "abcdeé "
for _ in range(150):
    words.append("".join(random.choice(letters) for _ in range(random.randrange(0, 14))))
pairs = [(random.choice(words), random.choice(words)) for _ in range(200)] + [(words[i], words[i + 1]) for i in range(0, 24, 2)]
texts = []
for one, two in pairs:
    similarity = JaroWinkler.similarity(one, two)
    if one and two:
        assert abs(similarity - jellyfish.jaro_winkler_similarity(one, two)) < 1e-12
    distance = DamerauLevenshtein.distance(one, two)
    assert distance == jellyfish.damerau_levenshtein_distance(one, two)
    texts.append([one, two, similarity, distance])


def schema(length, folds, features, **kdf):
    return {"version": 3, "clkConfig": {"l": length, "xor_folds": folds, "kdf": {"type": "HKDF", "hash": "SHA256", **kdf}},
            "features": features}


def text(name, hashing, **form):
    return {"identifier": name, "format": {"type": "string", **form}, "hashing": hashing}


ngram = {"type": "ngram", "n": 2}
schemas = [
    schema(1000, 0, [
        {"identifier": "number", "ignored": True},
        text("name", {"comparison": ngram, "strategy": {"bitsPerToken": 20}, "hash": {"type": "doubleHash"}}),
        text("town", {"comparison": ngram, "strategy": {"bitsPerToken": 30},
                      "hash": {"type": "doubleHash", "prevent_singularity": True}}),
        {"identifier": "born", "format": {"type": "date", "format": "%Y-%m-%d"},
         "hashing": {"comparison": {"type": "ngram", "n": 1, "positional": True}, "strategy": {"bitsPerToken": 20},
                     "hash": {"type": "doubleHash"}}},
        {"identifier": "size", "format": {"type": "integer"},
         "hashing": {"comparison": {"type": "numeric", "thresholdDistance": 7, "resolution": 4},
                     "strategy": {"bitsPerFeature": 100}, "hash": {"type": "doubleHash"}}}]),
    schema(512, 1, [
        {"identifier": "number", "ignored": True},
        text("name", {"comparison": {"type": "ngram", "n": 3}, "strategy": {"bitsPerFeature": 200}}),
        text("town", {"comparison": {"type": "exact"}, "strategy": {"bitsPerToken": 40},
                      "missingValue": {"sentinel": "?", "replaceWith": "unknown"}}),
        {"identifier": "born", "format": {"type": "date", "format": "%Y-%m-%d"},
         "hashing": {"comparison": ngram, "strategy": {"bitsPerToken": 15}}},
        {"identifier": "size", "format": {"type": "integer"},
         "hashing": {"comparison": {"type": "numeric", "thresholdDistance": 2.5, "resolution": 3, "fractional_precision": 1},
                     "strategy": {"bitsPerToken": 12}}}],
           salt="c2FsdCBvZiBhIHRlc3Q=", info="aW5mbw==", keySize=32),
]
names = ["Anna Rossi", "Ana Rossi", "José Müller", "Jose Mueller", "x", "Østergård, Bjørn", "LI WEI", "Li Wei", "O'Brien", ""]
records = [[str(i), name, town, f"19{i:02d}-0{1 + i % 9}-1{i % 10}", str(number)]
           for i, (name, town, number) in enumerate(zip(names, ["Roma", "?", "Köln", "Koeln", "Paris", "", "Beijing", "beijing", "Cork",
                                                           "Rome"], [12, 13, -4, 0, 1000003, 7, 8, 9, 10, 11]))]
clks = []
for one in schemas:
    read = from_json_dict(json.loads(json.dumps(one)))
    keys = generate_key_lists("a secret of two", len(one["features"]), key_size=read.kdf_key_size, salt=read.kdf_salt,
                              info=read.kdf_info, kdf=read.kdf_type, hash_algo=read.kdf_hash)
    filters, _ = hash_chunk(records, keys, read, validate_data=False)
    clks.append({"schema": one, "filters": [serialize_bitarray(f) for f in filters]})

filters = [bitarray([random.random() < 0.4 for _ in range(1024)]) for _ in range(12)]
for i in range(6):
    filters[6 + i] = filters[i] ^ bitarray([random.random() < 0.02 * i for _ in range(1024)])
similarities, (first, second) = dice_coefficient_accelerated([filters[:6], filters[6:]], 0.4)
dice = {"filters": [serialize_bitarray(f) for f in filters],
        "pairs": sorted([int(i), int(j), s] for i, j, s in zip(first, second, similarities))}
print(json.dumps({"texts": texts, "secret": "a secret of two", "records": records, "clks": clks, "dice": dice}, ensure_ascii=False,
                 separators=(",", ":")))
