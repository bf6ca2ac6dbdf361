"""Rows of SDV's GaussianCopulaSynthesizer (no privacy) for CopulaBenchmark: python sdv-rows.py DIR FILE.csv…"""

import json
import os
import sys
import time
import warnings

import pandas
from sdv.metadata import Metadata
from sdv.single_table import GaussianCopulaSynthesizer

warnings.filterwarnings("ignore")
for path in sys.argv[2:]:
    table = pandas.read_csv(path)
    name = os.path.splitext(os.path.basename(path))[0]
    if name == "coded":
        folder = os.path.dirname(path)
        name = os.path.basename(folder)
        with open(os.path.join(folder, "meta.json"), encoding="utf-8") as file:
            ordered = json.load(file)["ordered"]
        for column in table.columns.difference(ordered):
            table[column] = "v" + table[column].astype(str)
    columns = {}
    for column in table.columns:
        kind = "numerical" if pandas.api.types.is_numeric_dtype(table[column]) else "categorical"
        columns[column] = {"sdtype": kind}
    metadata = Metadata.load_from_dict({"tables": {"t": {"columns": columns}}})
    start = time.time()
    synthesizer = GaussianCopulaSynthesizer(metadata)
    synthesizer.fit({"t": table})
    fitted = time.time()
    rows = synthesizer.sample(len(table))
    rows = rows["t"] if isinstance(rows, dict) else rows
    print(f"{name}: fit {fitted - start:.1f} s, sample {time.time() - fitted:.1f} s", file=sys.stderr)
    rows.to_csv(os.path.join(sys.argv[1], f"sdv-{name}.csv"), index=False)
