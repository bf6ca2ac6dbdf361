"""splink on the same lists with the same blocking: F1 one to one at its best threshold, CPU seconds, memory.

python splink_oracle.py KIND FIRST SECOND TRUE_PAIRS   (KIND: registers or febrl; the column `unit` says who is who)
"""
import json
import resource
import sys

import pandas
import splink.comparison_library as library
from splink import DuckDBAPI, Linker, SettingsCreator

SOUNDEX = {"B": 1, "F": 1, "P": 1, "V": 1, "C": 2, "G": 2, "J": 2, "K": 2, "Q": 2, "S": 2, "X": 2, "Z": 2, "D": 3, "T": 3,
           "L": 4, "M": 5, "N": 5, "R": 6}


def soundex(text):
    text = [c for c in str(text).upper() if c.isalpha()] if text else []
    if not text:
        return None
    code, last = text[0], SOUNDEX.get(text[0])
    for letter in text[1:]:
        digit = SOUNDEX.get(letter)
        if digit and digit != last:
            code += str(digit)
        if letter not in "HW":
            last = digit
    return (code + "000")[:4]


def registers():
    rules = ["l.born = r.born", "l.postcode = r.postcode", "l.sound = r.sound", "l.phone = r.phone"]
    names = [library.JaroWinklerAtThresholds(name, [0.95, 0.85]) for name in ("given", "surname", "street")]
    others = [library.LevenshteinAtThresholds(name, [1, 2]) for name in ("born", "postcode", "phone")]
    return rules, names + others, ["born", "postcode"]


def febrl(count):
    rules = ["l.postcode = r.postcode", "l.sound = r.sound", "l.date_of_birth = r.date_of_birth",
             "l.given_sound = r.given_sound and l.suburb = r.suburb"][:count]
    names = [library.JaroWinklerAtThresholds(name, [0.92, 0.85]) for name in ("given_name", "surname", "address_1", "suburb")]
    others = [library.LevenshteinAtThresholds(name, [1, 2]) for name in ("date_of_birth", "postcode")]
    return rules, names + others, ["date_of_birth", "postcode"]


def best(pairs, truth):
    """One to one, the highest weight first: the best F1 over all thresholds, and the F1 at a probability of one half."""
    first, second, right, found = set(), set(), 0, 0
    top, half = (0.0, 0.0), 0.0
    for weight, one, two, is_right in pairs:
        if one in first or two in second:
            continue
        first.add(one)
        second.add(two)
        found += 1
        right += is_right
        f1 = 2 * right / (found + truth)
        top = max(top, (f1, weight))
        if weight >= 0:
            half = f1
    return top, half


def main():
    kind, one, two, truth = sys.argv[1:5]
    frames = [pandas.read_csv(path, dtype=str, skipinitialspace=True, keep_default_na=False).replace("", None)
              for path in (one, two)]
    for place, frame in enumerate(frames):
        frame["unique_id"] = [f"{place}-{row}" for row in range(len(frame))]
        if kind == "registers":
            frame["sound"] = [a and b and f"{soundex(a)} {soundex(b)}" for a, b in zip(frame["surname"], frame["given"])]
        else:
            frame["sound"] = [a and b and f"{soundex(a)} {b[:4]}" for a, b in zip(frame["surname"], frame["date_of_birth"])]
            frame["given_sound"] = [soundex(a) for a in frame["given_name"]]
    rules, comparisons, training = registers() if kind == "registers" else febrl(int(kind[5:]))
    settings = SettingsCreator(
        link_type="link_only", comparisons=comparisons, blocking_rules_to_generate_predictions=rules,
        additional_columns_to_retain=["unit"])
    database = DuckDBAPI()
    linker = Linker([database.register(frame) for frame in frames], settings, log_level=None)
    linker.training.estimate_probability_two_random_records_match([" and ".join(rules[:2])], recall=0.7)
    linker.training.estimate_u_using_random_sampling(max_pairs=2e6)
    for column in training:
        linker.training.estimate_parameters_using_expectation_maximisation(f"l.{column} = r.{column}")
    found = linker.inference.predict(threshold_match_weight=-15).as_pandas_dataframe()
    pairs = sorted(zip(found["match_weight"], found["unique_id_l"], found["unique_id_r"], found["unit_l"] == found["unit_r"]),
                   reverse=True)
    (f1, weight), half = best(pairs, int(truth))
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"f1": round(f1, 4), "threshold": round(weight, 1), "f1_at_one_half": round(half, 4), "pairs": len(pairs),
                      "cpu": round(usage.ru_utime + usage.ru_stime, 1), "megabytes": usage.ru_maxrss // 1024}))


if __name__ == "__main__":
    main()
