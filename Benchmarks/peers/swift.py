"""One fit of dpsynth's SWIFT to a table of values: `swift.py TABLE.csv FIELDS.json EPSILON OUTPUT.csv`.

Its own front door (`TabularSynthesizer`), which cuts numbers at quantiles and pays for them; all pairs, cliques of 10⁵ cells. ρ follows
from ε as for the other peers; accounting of Gaussian noise alone would give it a tenth more.
"""
import json, sys

import dpsynth
import numpy as np
import pandas as pd
from dpsynth import discrete_mechanisms

from peer import rho_of


def main():
    source, fields, epsilon, output = sys.argv[1:]
    with open(fields) as file:
        fields = json.load(file)
    frame = pd.read_csv(source, dtype={f["name"]: str for f in fields if "categories" in f}, keep_default_na=False)
    domains = {
        f["name"]: dpsynth.CategoricalAttribute(f["categories"]) if "categories" in f
        else dpsynth.NumericalAttribute(
            f["constraints"]["minimum"], f["constraints"]["maximum"], dtype="int" if f["type"] == "integer" else "float",
            interval_handling="sample")
        for f in fields}
    synthesizer = dpsynth.TabularSynthesizer(
        domains=domains, discrete_mechanism=discrete_mechanisms.SWIFTConfig(max_clique_size=1e5))
    fit = synthesizer.configure(zcdp_rho=rho_of(float(epsilon)))
    result = fit(np.random.default_rng(), frame[list(domains)])
    result.synthetic_data.to_csv(output, index=False)


main()
