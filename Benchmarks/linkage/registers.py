"""Two registers of persons with errors that are clustered and correlated, and the truth of who is who.

A person has a carelessness of her own, and an entry has one of its own: an entry with one error is likely to have another one.
Households share surname, street and postcode; they move together. Dates are swapped and mistyped. Names follow a law with a
long tail, so blocks do too.
"""
import csv
import itertools
import random
import sys

LEVELS = {"light": 0.6, "middle": 1.0, "heavy": 1.8}
# Shares of errors, of what is missing and of what is common. Weights of the benchmark's comparisons were chosen with `first` in view;
# nothing was chosen with `other` in view.
PROFILES = {
    "first": {"given": .06, "short": .015, "surname": .06, "married": .012, "swapped": .012, "turned": .02, "day": .025, "year": .015,
              "moved": .06, "street": .08, "postcode": .03, "new phone": .10, "phone": .05, "no given": .02, "no born": .03,
              "no phone": .25, "person": .7, "entry": .8, "givens": 1200, "surnames": 20000, "common": .7},
    "other": {"given": .045, "short": .03, "surname": .05, "married": .025, "swapped": .006, "turned": .01, "day": .02, "year": .025,
              "moved": .09, "street": .12, "postcode": .02, "new phone": .07, "phone": .08, "no given": .03, "no born": .02,
              "no phone": .35, "person": 1.2, "entry": .5, "givens": 800, "surnames": 12000, "common": .55},
}
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


def registers(rows, level, seed, profile="first"):
    """Two lists of (unit, row), and how many units both have."""
    random_ = random.Random(f"{seed}-{level}")
    rate = LEVELS[level]
    shares = PROFILES[profile]
    givens, given_weights = names(random_, shares["givens"], [1, 2, 2])
    surnames, surname_weights = names(random_, shares["surnames"], [2, 2, 3])
    streets, _ = names(random_, 8000, [2, 3])
    common = round(rows * shares["common"])
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
                           random_.gammavariate(shares["person"], 1 / shares["person"]), household))
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
            care = rate * careless * random_.gammavariate(shares["entry"], 1 / shares["entry"])

            def errs(chance):
                return random_.random() < min(0.85, chance * care)
            if errs(shares["given"]):
                given = typo(random_, given)
            if errs(shares["short"]):
                given = given[:3] if random_.random() < 0.6 else random_.choices(givens, cum_weights=given_weights)[0]
            if errs(shares["surname"]):
                surname = typo(random_, surname)
            if errs(shares["married"]):
                surname = random_.choices(surnames, cum_weights=surname_weights)[0]
            if errs(shares["swapped"]):
                given, surname = surname, given
            if errs(shares["turned"]) and day <= 12:
                month, day = day, month
            if errs(shares["day"]):
                day = random_.randrange(1, 29)
            if errs(shares["year"]):
                year += random_.choice([-10, -1, 1, 10])
            born = f"{year:04d}-{month:02d}-{day:02d}"
            # A household moves together, between the lists.
            if which == 1 and household < shares["moved"] * rate:
                home = moved.setdefault(home, (f"{random_.choice(streets)} {random_.randrange(1, 180)}",
                                               f"{random_.randrange(10000, 10000 + rows // 12)}"))
            street, postcode = home
            if errs(shares["street"]):
                street = typo(random_, street)
            if errs(shares["postcode"]):
                postcode = typo(random_, postcode)
            if which == 1 and random_.random() < shares["new phone"] * rate:
                phone = f"06{random_.randrange(10**8):08d}"
            if errs(shares["phone"]):
                phone = typo(random_, phone)
            if errs(shares["no given"]):
                given = ""
            if errs(shares["no born"]):
                born = ""
            if random_.random() < shares["no phone"]:
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


if __name__ == "__main__":  # registers.py FOLDER: all six pairs with the units' numbers, for LinkedRegistersTests.
    for profile, seed in (("first", 1), ("other", 2)):
        for level in LEVELS:
            lists, _ = registers(100_000, level, seed, profile)
            for name, list_ in zip("ab", lists):
                write(f"{sys.argv[1]}/{profile}-{level}-{name}.csv", list_, units=True)
