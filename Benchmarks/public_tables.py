"""Tables that anybody may see, in values and not in codes, for planners.py: each with its public domain and what planners ask of it."""
import json, os, subprocess
from dataclasses import dataclass, field

import pandas as pd


@dataclass
class PublicTable:
    frame: pd.DataFrame
    # Fields of a Table Schema.
    fields: list
    # Target and predictors; `log x` is a logarithm, `x=code` is 1 or 0.
    linear: list = field(default_factory=list)
    logistic: list = field(default_factory=list)

    @property
    def numbers(self):
        return [f["name"] for f in self.fields if f["type"] in ("number", "integer")]

    @property
    def categories(self):
        return [f["name"] for f in self.fields if f["type"] not in ("number", "integer")]

    @property
    def has_gaps(self):
        return bool(self.frame.isna().any().any())

    def write(self, folder):
        path = os.path.join(folder, "table.csv")
        self.frame.to_csv(path, index=False)
        return path


def number(name, low, high, kind="number", **bins):
    return {"name": name, "type": kind, "constraints": {"minimum": low, "maximum": high}, **({"bins": bins} if bins else {})}


def codes(name, frame):
    return {"name": name, "type": "string", "categories": sorted(frame[name].unique()), "constraints": {"required": True}}


def trade(program, data, scratch):
    """The two sides of generated trade, joined."""
    folder = os.path.join(scratch, "trade")
    subprocess.run([program, "demo-data", "trade", "--output", folder], check=True, capture_output=True)
    sides = [pd.read_csv(os.path.join(folder, f"{name}.csv"), dtype=str, keep_default_na=False) for name in ("norland", "sudland")]
    frame = sides[0].merge(sides[1], on="consignment").drop(columns="consignment")
    numbers = ["month", "fob_value_usd", "net_mass_kg", "duty_rate", "cif_value_usd", "days_in_transit"]
    frame[numbers] = frame[numbers].apply(pd.to_numeric)
    texts = [name for name in frame.columns if name not in numbers]
    fields = [codes(name, frame) for name in texts] + [
        number("month", 1, 12, "integer"),
        number("fob_value_usd", 0, 10**10, "integer", count=32, scale="log"),
        number("net_mass_kg", 0, 10**8, count=32, scale="log"), number("duty_rate", 0, 20, count=20, scale="linear"),
        number("cif_value_usd", 0, 10**10, "integer", count=32, scale="log"),
        number("days_in_transit", 0, 90, "integer", edges=[0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 45, 90])]
    return PublicTable(
        frame, fields,
        linear=[("cif_value_usd", ["fob_value_usd"]), ("log cif_value_usd", ["log fob_value_usd"]),
                ("log net_mass_kg", ["log fob_value_usd"]), ("days_in_transit", ["log net_mass_kg"])],
        logistic=[("inspected=true", ["log fob_value_usd", "duty_rate", "preference=true"])])


def customs(program, data, scratch):
    """Customs declarations of Korea (synthetic rows that their authors publish): value, mass, duty."""
    folder = os.path.join(data, "trade", "c_microdata", "c1_kr_customs")
    paths = [os.path.join(folder, f"party_{name}.csv.gz") for name in ("customs", "trade")]
    if not all(map(os.path.exists, paths)):
        return None
    sides = [pd.read_csv(path, dtype=str, keep_default_na=False) for path in paths]
    whole = sides[0].merge(sides[1], on="declaration_id")
    frame = pd.DataFrame({
        "process": whole["process_type"], "transport": whole["mode_of_transport"], "indicator": whole["country_of_origin_indicator"],
        "chapter": whole["hs6_code"].str.zfill(6).str[:2], "fraud": whole["fraud"],
        "tax_rate": whole["tax_rate"].astype(float), "net_mass": whole["net_mass"].astype(float),
        "price": whole["item_price"].astype(float)})
    fields = [codes(name, frame) for name in ("process", "transport", "indicator", "chapter", "fraud")] + [
        number("tax_rate", 0, 1000, edges=[0, 1, 2, 3, 4, 5, 6.5, 8, 10, 13, 16, 20, 30, 50, 100, 300, 1000]),
        number("net_mass", 0, 10**8, count=32, scale="log"), number("price", 0, 10**10, count=32, scale="log")]
    return PublicTable(
        frame, fields, linear=[("log price", ["log net_mass", "log tax_rate"])],
        logistic=[("fraud=1", ["log price", "log net_mass", "log tax_rate"])])


def ma2019(program, data, scratch):
    """Persons of Massachusetts of 2019, NIST's excerpts: incomes with gaps."""
    folder = os.path.join(data, "benchmark", "ma2019")
    if not os.path.exists(os.path.join(folder, "raw.csv")):
        return None
    frame = pd.read_csv(os.path.join(folder, "raw.csv"), dtype=str, keep_default_na=False)
    edges = json.load(open(os.path.join(folder, "meta.json")))["edges"]
    numbers = ["AGEP", *edges]
    frame[numbers] = frame[numbers].apply(pd.to_numeric, errors="coerce")
    fields = []
    for name in frame.columns:
        if name not in numbers:
            fields.append(codes(name, frame))
        elif name == "AGEP":
            fields.append(number(name, 0, 99, "integer"))
        else:
            low, high = min(edges[name][0], float(frame[name].min())), max(edges[name][-1], float(frame[name].max()))
            fields.append(number(name, low, high, edges=sorted({low, *edges[name], high})))
    return PublicTable(
        frame, fields, linear=[("PINCP", ["AGEP"]), ("log PINCP", ["AGEP"]), ("log POVPIP", ["log PINCP"])])


def adult(program, data, scratch):
    """Adult as it is passed on, in codes: those of ordered columns are taken for values."""
    folder = os.path.join(data, "benchmark", "adult")
    if not os.path.exists(os.path.join(folder, "coded.csv")):
        return None
    frame = pd.read_csv(os.path.join(folder, "coded.csv"), skipinitialspace=True)
    sizes = json.load(open(os.path.join(folder, "domain.json")))
    ordered = json.load(open(os.path.join(folder, "meta.json")))["ordered"]
    texts = [name for name in frame.columns if name not in ordered]
    frame[texts] = frame[texts].astype(str)
    fields = [number(name, 0, sizes[name] - 1, "integer") if name in ordered
              else {"name": name, "type": "string", "categories": [str(code) for code in range(sizes[name])]} for name in frame.columns]
    return PublicTable(
        frame, fields, linear=[("hours-per-week", ["age", "education-num"])],
        logistic=[("income>50K", ["age", "education-num", "hours-per-week"])])


TABLES = {"trade": trade, "customs": customs, "ma2019": ma2019, "adult": adult}
