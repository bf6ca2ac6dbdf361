"""Two registers of persons with errors that are clustered and correlated, and the truth of who is who.

A person has a carelessness of her own, and an entry has one of its own: an entry with one error is likely to have another one.
Households share surname, street and postcode; they move together. Dates are swapped and mistyped. Names follow a law with a
long tail, so blocks do too.
"""
import csv
import itertools
import random

LEVELS = {"light": 0.6, "middle": 1.0, "heavy": 1.8}
COLUMNS = ["given", "surname", "born", "street", "postcode", "phone"]
ONSETS = ["b", "br", "d", "dr", "f", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "r", "s", "sch", "st", "t", "v", "w", "z"]
VOWELS = ["a", "e", "i", "o", "u", "ei", "ie", "au"]
CODAS = ["", "n", "r", "l", "s", "m", "t", "ck", "nd", "ng"]
NEAR = {"a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl",
        "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb",
        "w": "qe", "x": "zc", "y": "tu", "z": "x"}


def names(random_, count, syllables):
    """Different names, and cumulative weights by Zipf's law with a flat head."""
    found = {}
    while len(found) < count:
        name = "".join(random_.choice(ONSETS) + random_.choice(VOWELS) + random_.choice(CODAS)
                       for _ in range(random_.choice(syllables)))
        found[name] = None
    return list(found), list(itertools.accumulate(1 / (place + 12) for place in range(count)))


def typo(random_, text):
    if len(text) < 2:
        return text
    place = random_.randrange(len(text))
    letter = text[place]
    if letter.isdigit():
        other = str(random_.randrange(10))
    else:
        other = random_.choice(NEAR.get(letter, "e"))
    return random_.choice([
        text[:place] + text[place + 1:],
        text[:place] + letter + text[place:],
        text[:place] + other + text[place + 1:],
        text[:max(place - 1, 0)] + text[max(place - 1, 0):place + 1][::-1] + text[place + 1:],
    ])


def registers(rows, level, seed, share=0.7):
    """Two lists of (unit, row); `share` of either is in both."""
    random_ = random.Random(f"{seed}-{level}")
    rate = LEVELS[level]
    givens, given_weights = names(random_, 1200, [1, 2, 2])
    surnames, surname_weights = names(random_, 20000, [2, 2, 3])
    streets, _ = names(random_, 8000, [2, 3])
    common = round(rows * share)
    units = 2 * rows - common
    people = []
    while len(people) < units:
        surname = random_.choices(surnames, cum_weights=surname_weights)[0]
        home = (f"{random_.choice(streets)} {random_.randrange(1, 180)}", f"{random_.randrange(10000, 10000 + rows // 12)}")
        year = random_.randrange(1930, 2005)
        household = random_.random()
        for member in range(random_.choices([1, 2, 3, 4, 5], [40, 28, 14, 12, 6])[0]):
            born = (min(2010, max(1920, year + random_.choice([0, 1, -2, 3, 25, 28, -27]) * (member > 0))),
                    random_.randrange(1, 13), random_.randrange(1, 29))
            people.append((random_.choices(givens, cum_weights=given_weights)[0], surname, born, home, f"06{random_.randrange(10**8):08d}",
                           random_.gammavariate(0.7, 1 / 0.7), household))
    people = people[:units]
    # Members of a household stand side by side; which of them are in which list must not follow from it.
    order = list(range(units))
    random_.shuffle(order)
    lists = []
    moved = {}
    for which, members in enumerate([order[:rows], order[rows - common:]]):
        rows_ = []
        for unit in members:
            given, surname, (year, month, day), home, phone, careless, household = people[unit]
            care = rate * careless * random_.gammavariate(0.8, 1 / 0.8)

            def errs(chance):
                return random_.random() < min(0.85, chance * care)
            if errs(0.06):
                given = typo(random_, given)
            if errs(0.015):
                given = given[:3] if random_.random() < 0.6 else random_.choices(givens, cum_weights=given_weights)[0]
            if errs(0.06):
                surname = typo(random_, surname)
            if errs(0.012):
                surname = random_.choices(surnames, cum_weights=surname_weights)[0]
            if errs(0.012):
                given, surname = surname, given
            if errs(0.02) and day <= 12:
                month, day = day, month
            if errs(0.025):
                day = random_.randrange(1, 29)
            if errs(0.015):
                year += random_.choice([-10, -1, 1, 10])
            born = f"{year:04d}-{month:02d}-{day:02d}"
            # A household moves together, between the lists.
            if which == 1 and household < 0.06 * rate:
                home = moved.setdefault(home, (f"{random_.choice(streets)} {random_.randrange(1, 180)}",
                                               f"{random_.randrange(10000, 10000 + rows // 12)}"))
            street, postcode = home
            if errs(0.08):
                street = typo(random_, street)
            if errs(0.03):
                postcode = typo(random_, postcode)
            if which == 1 and random_.random() < 0.10 * rate:
                phone = f"06{random_.randrange(10**8):08d}"
            if errs(0.05):
                phone = typo(random_, phone)
            if errs(0.02):
                given = ""
            if errs(0.03):
                born = ""
            if random_.random() < 0.25:
                phone = ""
            rows_.append((unit, [given, surname, born, street, postcode, phone]))
        random_.shuffle(rows_)
        lists.append(rows_)
    return lists, common


def write(path, rows, units=False):
    """The list as a party would have it, and one column more by which links can be judged: the unit's bucket, or its number."""
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS + ["unit"])
        for unit, row in rows:
            writer.writerow(row + [unit if units else bucket(unit)])


def bucket(unit, buckets=64):
    return (unit * 0x9E3779B97F4A7C15 >> 32) % 0xFFFFFFFF * 0x45D9F3B % 0xFFFFFFFB % buckets
