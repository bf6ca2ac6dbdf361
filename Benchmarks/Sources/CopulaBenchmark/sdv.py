"""Rows of SDV's GaussianCopulaSynthesizer (no privacy) for CopulaBenchmark: python sdv.py DIR FILE.csv…"""

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
        name = os.path.basename(os.path.dirname(path))
    columns = {}
    for column in table.columns:
        kind = "numerical" if pandas.api.types.is_numeric_dtype(table[column]) else "categorical"
        columns[column] = {"sdtype": kind}
    metadata = Metadata.load_from_dict({"tables": {"t": {"columns": columns}}})
    start = time.time()
    synthesizer = GaussianCopulaSynthesizer(metadata)
    synthesizer.fit(table)
    fitted = time.time()
    rows = synthesizer.sample(len(table))
    print(f"{name}: fit {fitted - start:.1f} s, sample {time.time() - fitted:.1f} s", file=sys.stderr)
    rows.to_csv(os.path.join(sys.argv[1], f"sdv-{name}.csv"), index=False)
