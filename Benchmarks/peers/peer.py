"""One fit of a peer to a coded table: rows as CSV, and what it cost as one line of JSON.

peer.py mbi-mst|dpmm-mst|dpmm-privbayes FOLDER EPSILON OUTPUT.csv

Every peer is told the public domain. mbi ships no mechanisms; `mbi_mst` is the published MST (McKenna, Miklau and
Sheldon 2021) on its estimator, without compressing the domain, in 64 bits.
"""
import json, os, resource, sys, time

import numpy as np
import pandas as pd

DELTA = 1e-9


def rho_of(epsilon, delta=DELTA):
    """The ρ whose conversion (Canonne, Kamath and Steinke 2020) gives at most ε."""
    def delta_of(rho):
        best = 1.0
        for alpha in 1 + np.geomspace(1e-3, 1e5, 4000):
            log_delta = (alpha - 1) * (alpha * rho - epsilon) + alpha * np.log1p(-1 / alpha) - np.log(alpha - 1)
            best = min(best, np.exp(min(log_delta, 0)))
        return best
    low, high = 0.0, epsilon + 1
    for _ in range(60):
        middle = (low + high) / 2
        if delta_of(middle) <= delta:
            low = middle
        else:
            high = middle
    return low


def mbi_mst(frame, sizes, epsilon):
    import jax
    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_enable_compilation_cache", False)
    import mbi
    random = np.random.default_rng()
    domain = mbi.Domain(list(frame.columns), [sizes[c] for c in frame.columns])
    data = mbi.Dataset({c: frame[c].to_numpy() for c in frame.columns}, domain)
    rho = rho_of(epsilon)
    sigma = np.sqrt(3 / (2 * rho))

    def measure(cliques):
        share = sigma * np.sqrt(len(cliques))
        result = []
        for clique in cliques:
            exact = np.asarray(data.project(clique).datavector())
            result.append(mbi.LinearMeasurement(exact + random.normal(0, share, exact.size), clique, share))
        return result

    measurements = measure([(c,) for c in frame.columns])
    model = mbi.estimation.MirrorDescent().estimate(domain, measurements, iters=1000)
    columns, errors = list(frame.columns), {}
    for i, a in enumerate(columns):
        for b in columns[i + 1:]:
            modelled = np.asarray(model.project((a, b)).datavector())
            errors[a, b] = np.abs(np.asarray(data.project((a, b)).datavector()) - modelled).sum()
    part = {c: c for c in columns}
    step = np.sqrt(8 * (rho / 3) / (len(columns) - 1))
    tree = []
    for _ in range(len(columns) - 1):
        pairs = [p for p in errors if part[p[0]] != part[p[1]]]
        scores = np.array([errors[p] for p in pairs]) * step / 2
        a, b = pairs[int(np.argmax(scores + random.gumbel(size=len(pairs))))]
        tree.append((a, b))
        old, new = part[b], part[a]
        part = {c: new if p == old else p for c, p in part.items()}
    model = mbi.estimation.MirrorDescent().estimate(domain, measurements + measure(tree), iters=5000)
    return lambda rows: pd.DataFrame(model.synthetic_data(rows=rows).to_dict())[columns]


def dpmm_pipeline(kind):
    def fit(frame, sizes, epsilon):
        from dpmm.pipelines import MSTPipeline, PrivBayesPipeline
        pipeline = {"mst": MSTPipeline, "privbayes": PrivBayesPipeline}[kind](
            epsilon=epsilon, delta=DELTA, disable_processing=True)
        pipeline.fit(frame, domain={c: int(sizes[c]) for c in frame.columns})
        return lambda rows: pipeline.generate(n_records=rows)[list(frame.columns)]
    return fit


def main():
    name, folder, epsilon, output = sys.argv[1:]
    sizes = json.load(open(os.path.join(folder, "domain.json")))
    frame = pd.read_csv(os.path.join(folder, "coded.csv"), skipinitialspace=True).astype(int)
    fits = {"mbi-mst": mbi_mst, "dpmm-mst": dpmm_pipeline("mst"), "dpmm-privbayes": dpmm_pipeline("privbayes")}
    start, before = time.time(), resource.getrusage(resource.RUSAGE_SELF)
    generate = fits[name](frame, sizes, float(epsilon))
    after = resource.getrusage(resource.RUSAGE_SELF)
    cost = {
        "wall": time.time() - start, "mb": after.ru_maxrss / 1024,
        "cpu": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}
    generate(len(frame)).to_csv(output, index=False)
    start = time.time()
    generate(1_000_000)
    cost["million_wall"] = time.time() - start
    print(json.dumps(cost))


if __name__ == "__main__":
    main()
