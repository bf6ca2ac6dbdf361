"""What planners read in the rows: relations of numbers, regressions, rules, and SDMetrics' score; ours beside SWIFT's in one run.

planners.py ENTREPOT PEERS DATA [--runs 3] [--epsilons 1] [--tables trade,customs] [--no-peers]

ENTREPOT is the release program, PEERS the folder of virtual environments, DATA the folder of shared tables (trade, benchmark).
Writes the section "What planners read" of utility.md beside this file. Every column's domain is public, δ = 1e-9, and as many rows are
drawn as the table has. Run by the Python of PEERS/judge, which has pandas, scikit-learn and sdmetrics.
"""
import argparse, json, os, resource, subprocess, sys, tempfile, warnings
from itertools import combinations

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from public_tables import TABLES

HERE = os.path.dirname(os.path.abspath(__file__))
HEADING = "## What planners read"
# Of a fit: what is printed of it, and whether small is good.
FIGURES = [
    ("spearman-mean", "Spearman, mean error"), ("spearman-worst", "worst"), ("pearson-worst", "log-Pearson, worst"),
    ("close", "near-functional pairs, worst"), ("ratio", "their ratios at 5 to 95 %, worst"),
    ("regression", "coefficients, middle error"), ("covered", "in their intervals"), ("logistic", "logistic, middle error"),
    ("broken", "rows that break a rule"), ("sdmetrics", "SDMetrics"), ("cpu", "CPU s")]


def log(values):
    """Logarithms that keep signs and zeros."""
    return np.sign(values) * np.log1p(np.abs(values))


def relations(table, real, rows):
    """Errors of correlations of all ordered pairs, and of the ratios of those that nearly are one column."""
    result = {}
    ranks, logs = [], []
    closest, ratios = [], []
    for a, b in combinations(table.numbers, 2):
        pairs = [frame[[a, b]].dropna() for frame in (real, rows)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            both = [pair.corr("spearman").iloc[0, 1] for pair in pairs]
            straight = [log(pair).corr().iloc[0, 1] for pair in pairs]
        if np.isnan(both[0]) or np.isnan(straight[0]):
            continue
        ranks.append(abs(np.nan_to_num(both[1]) - both[0]))
        logs.append(abs(np.nan_to_num(straight[1]) - straight[0]))
        if abs(both[0]) > 0.9:
            closest.append(ranks[-1])
            quantiles = []
            for pair in pairs:
                pair = pair[(pair[a] > 0) & (pair[b] > 0)]
                quantiles.append(np.quantile(pair[b] / pair[a], [0.05, 0.25, 0.5, 0.75, 0.95]) if len(pair) else np.zeros(5))
            ratios.append(np.abs(quantiles[1] / quantiles[0] - 1).max())
    result["spearman-mean"], result["spearman-worst"] = np.mean(ranks), np.max(ranks)
    result["pearson-worst"] = np.max(logs)
    if closest:
        result["close"], result["ratio"] = np.max(closest), np.max(ratios)
    return result


def design(frame, target, predictors):
    """Columns of a regression: `log x` is a logarithm, `x=code` is 1 or 0; rows with a gap are left out."""
    def column(word):
        if word.startswith("log "):
            return log(frame[word.removeprefix("log ")].astype(float))
        name, mark, code = word.partition("=")
        return (frame[name] == code).astype(float) if mark else frame[name].astype(float)
    made = pd.DataFrame({word: column(word) for word in [target, *predictors]}).dropna()
    return made[target].to_numpy(), made[predictors].to_numpy()


def linear(frame, target, predictors):
    y, x = design(frame, target, predictors)
    return np.linalg.lstsq(np.column_stack([np.ones(len(y)), x]), y, rcond=None)[0][1:]


def logistic(frame, target, predictors):
    """Coefficients for predictors in units of their own spread in the table, so that one solver serves all."""
    y, x = design(frame, target, predictors)
    if len(np.unique(y)) < 2:
        return np.zeros(x.shape[1])
    scale = x.std(axis=0) + 1e-12
    return LogisticRegression(C=np.inf, max_iter=1000).fit(x / scale, y).coef_[0] / scale


def middle_error(kind, sets, real, rows):
    errors = [np.abs(kind(rows, *one) / kind(real, *one) - 1) for one in sets]
    return float(np.median(np.concatenate(errors))) if errors else None


def rules(table, real):
    """What the table never breaks although chance would: an order of two numbers, and pairs of categories that never meet."""
    found = []
    for a, b in combinations(table.numbers, 2):
        for low, high in ((a, b), (b, a)):
            below = (real[low] <= real[high]).mean()
            if below == 1 and (np.sort(real[low].to_numpy()) > np.random.default_rng(0).permutation(real[high])).mean() > 0.01:
                found.append(lambda rows, low=low, high=high: rows[low] > rows[high])
    for a, b in combinations(table.categories, 2):
        together = pd.crosstab(real[a], real[b])
        expected = np.outer(together.sum(axis=1), together.sum(axis=0)) / len(real)
        empty = {(together.index[i], together.columns[j]) for i, j in zip(*np.nonzero((together.to_numpy() == 0) & (expected >= 20)))}
        if empty:
            found.append(lambda rows, a=a, b=b, empty=empty: np.array([pair in empty for pair in zip(rows[a], rows[b])]))
    return found


def broken(table, real, rows):
    marks = np.zeros(len(rows), bool)
    for rule in rules(table, real):
        marks |= np.asarray(rule(rows))
    return float(marks.mean())


def sdmetrics_score(table, real, rows):
    try:
        from sdmetrics.reports.single_table import QualityReport
    except ImportError:
        return None
    kinds = {name: {"sdtype": "numerical"} for name in table.numbers} | {
        name: {"sdtype": "categorical"} for name in table.categories}
    report = QualityReport()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        report.generate(real[list(kinds)], rows[list(kinds)], {"columns": kinds}, verbose=False)
    return report.get_score()


def score(table, rows):
    real = table.frame
    return relations(table, real, rows) | {
        "regression": middle_error(linear, table.linear, real, rows),
        "logistic": middle_error(logistic, table.logistic, real, rows),
        "broken": broken(table, real, rows), "sdmetrics": sdmetrics_score(table, real, rows)}


def seconds_of(command):
    """Runs a command to its end: seconds of the processor, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"planners: {' '.join(command[:3])}: {(done.stderr or done.stdout).strip()[-800:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def read(table, path):
    frame = pd.read_csv(path, dtype={name: str for name in table.categories}, keep_default_na=False,
                        na_values={name: [""] for name in table.numbers})
    for name in table.numbers:
        frame[name] = pd.to_numeric(frame[name])
    return frame


def ours(program, table, epsilon, scratch):
    """Rows of one fit by `auto`, and how many coefficients lie in the intervals of ten imputations."""
    model, path = os.path.join(scratch, "fit.model"), os.path.join(scratch, "rows.csv")
    schema = os.path.join(scratch, "schema.json")
    with open(schema, "w") as file:
        json.dump({"fields": table.fields, "missingValues": [""]}, file)
    cpu, _ = seconds_of([program, "fit", "--table", table.write(scratch), "--schema", schema,
                         "--epsilon", str(epsilon), "--output", model])
    seconds_of([program, "sample", model, "--rows", str(len(table.frame)), "--output", path])
    figures = score(table, read(table, path)) | {"cpu": cpu}
    if table.linear:
        figures["covered"] = coverage(program, table, model, scratch)
    return figures


def coverage(program, table, model, scratch):
    """The part of the coefficients of linear and log-linear regressions that lie in the intervals of `entrepot combine`."""
    seconds_of([program, "sample", model, "--rows", str(len(table.frame)), "--imputations", "10",
                "--output", os.path.join(scratch, "imputed.csv")])
    files = []
    for place in range(1, 11):
        frame = read(table, os.path.join(scratch, f"imputed-{place}.csv"))
        columns = {}
        for target, predictors in table.linear:
            for word in [target, *predictors]:
                source = frame[word.removeprefix("log ")].astype(float)
                columns[word.replace(" ", "_")] = log(source) if word.startswith("log ") else source
        files.append(os.path.join(scratch, f"combine-{place}.csv"))
        pd.DataFrame(columns).to_csv(files[-1], index=False)
    inside = total = 0
    for target, predictors in table.linear:
        formula = f"{target.replace(' ', '_')} ~ " + " + ".join(word.replace(" ", "_") for word in predictors)
        _, text = seconds_of([program, "combine", *files, "--regress", formula, "--json"])
        truths = dict(zip((word.replace(" ", "_") for word in predictors), linear(table.frame, target, predictors)))
        for figure in json.loads(text):
            name = figure["figure"].split()[-1]
            if name in truths:
                total += 1
                inside += figure["lower"] <= truths[name] <= figure["upper"]
    return (inside, total)


def peer(python, table, epsilon, scratch):
    """Rows of dpsynth's SWIFT on the same table, which bins numbers by itself."""
    path, fields = os.path.join(scratch, "peer.csv"), os.path.join(scratch, "fields.json")
    with open(fields, "w") as file:
        json.dump(table.fields, file)
    cpu, _ = seconds_of([python, os.path.join(HERE, "peers", "swift.py"), table.write(scratch), fields, str(epsilon), path])
    return score(table, read(table, path)) | {"cpu": cpu}


def line(table, epsilon, title, runs):
    """Means over the runs; worst ones where a figure is of the worst pair."""
    cells = []
    for key, _ in FIGURES:
        values = [run[key] for run in runs if run.get(key) is not None]
        if not values:
            cells.append("")
        elif key == "covered":
            cells.append(f"{sum(v[0] for v in values)} of {sum(v[1] for v in values)}")
        elif key == "cpu":
            cells.append(f"{np.mean(values):.1f}")
        else:
            cells.append(f"{np.mean(values):.4f}" if key != "broken" else f"{100 * np.mean(values):.2f} %")
    return f"| {table} | {epsilon} | {title} | " + " | ".join(cells) + " |"


def write(lines, runs):
    page = os.path.join(HERE, "utility.md")
    with open(page) as file:
        text = file.read()
    section = (
        f"{HEADING}\n\nMade by `Benchmarks/planners.py`, which `make bench` calls ({'one fit' if runs == 1 else f'means of {runs} fits'} each). Errors are differences from the table's own figure, those of "
        "ratios and coefficients relative. A pair is near-functional above 0.9 of Spearman; a rule is an order of two numbers, or two codes that "
        "never meet where chance would bring 20 rows. `entrepot combine` gives the intervals, of ten imputations. SWIFT cuts numbers at quantiles "
        "that it pays for.\n\n| table | ε | rows of | " + " | ".join(title for _, title in FIGURES) + " |\n" + "|---" * (len(FIGURES) + 3)
        + "|\n" + "\n".join(lines) + "\n")
    before, found, after = text.partition(HEADING)
    if found:
        _, mark, kept = after.partition("\n## ")
        text = before + section + mark + kept
    else:
        first, mark, kept = text.partition("\n## ")
        text = first + "\n" + section + mark + kept
    with open(page, "w") as file:
        file.write(text)


def main():
    reader = argparse.ArgumentParser()
    reader.add_argument("entrepot")
    reader.add_argument("peers")
    reader.add_argument("data")
    reader.add_argument("--runs", type=int, default=1)
    reader.add_argument("--epsilons", default="1")
    reader.add_argument("--tables", default=",".join(TABLES))
    reader.add_argument("--no-peers", action="store_true")
    given = reader.parse_args()
    swift, lines = os.path.join(given.peers, "swift", "bin", "python"), []
    has_peer = not given.no_peers and os.path.exists(swift) and subprocess.run(
        [swift, "-c", "import dpsynth"], capture_output=True).returncode == 0
    with tempfile.TemporaryDirectory() as scratch:
        for name in given.tables.split(","):
            table = TABLES[name](given.entrepot, given.data, scratch)
            if table is None:
                print(f"planners: {name} is skipped, its files are not in {given.data}")
                continue
            for epsilon in given.epsilons.split(","):
                lines.append(line(name, epsilon, "Entrepot auto", [
                    ours(given.entrepot, table, epsilon, scratch) for _ in range(given.runs)]))
                print(lines[-1], flush=True)
                if not has_peer or table.has_gaps:
                    continue
                lines.append(line(name, epsilon, "dpsynth SWIFT", [peer(swift, table, epsilon, scratch) for _ in range(given.runs)]))
                print(lines[-1], flush=True)
    write(lines, given.runs)


if __name__ == "__main__":
    main()
