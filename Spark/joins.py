"""Two tables that are joined on a key, and their task: `write(folder, keys, rows_per_key, server)`.

Keys differ in case, blanks and leading zeros, which the task's normalisation takes away. Where a key may have more rows, all of
a key in one table are equal in content: which of them stay is drawn by a secret of each engine, how many follows from the task.
"""
import datetime
import decimal
import random

import pyarrow as pa
import pyarrow.parquet as pq

TASK = """entrepot: 1
task: scale-join
purpose: The same counts of a join from memory and from a cluster.
parties:
  - name: Alice
    role: provider
    public_key: ""
    table:
      key: {{column: id, pattern: '^[A-Z]{{2}}[0-9A-Z]+$', normalise: [trim, upper, 'zero-fill:10']}}
      rows: {rows}
      fields:
        - {{name: level, type: string, categories: [high, low, "it's", é], other: rest}}
        - {{name: age, type: integer, constraints: {{minimum: 0, maximum: 99}}}}
        - {{name: paid, type: number, constraints: {{minimum: -1000, maximum: 1000, required: true}}, bins: {{count: 24, scale: asinh}}}}
        - {{name: ok, type: boolean}}
  - name: Bob
    role: provider
    public_key: ""
    table:
      key: {{column: person, pattern: '^[A-Z]{{2}}[0-9A-Z]+$', normalise: [trim, upper, 'zero-fill:10']}}
      rows: {rows}
      fields:
        - {{name: day, type: date, constraints: {{minimum: "2000-01-01", maximum: "2001-12-31", required: true}}, bins: {{count: 24}}}}
        - {{name: code, type: string, categories: [{codes}], constraints: {{required: true}}}}
        - {{name: share, type: number, constraints: {{minimum: 0, maximum: 1}}, bins: {{count: 10}}}}
join: {{kind: inner, rows_per_key: {rows_per_key}}}
privacy: {{epsilon: 1.0, delta: 1.0e-9}}
engine: {{kind: spark, server: "{server}"}}
synthesizer: {{method: independent}}
"""


def write(folder, keys, rows_per_key, server):
    """The path of the task, and for each party that of its table."""
    draw = random.Random(rows_per_key)

    def spelled(key):
        text = f"AB{key:08d}" if key % 3 else f"AB{key:08d}".lower()
        return f" {text}\t" if key % 5 == 0 else text

    def maybe(value):
        return None if draw.random() < 0.05 else value

    def rows(first, value):
        for key in range(first, first + keys):
            row = value()
            for _ in range(draw.randint(1, 2 * rows_per_key - 1)):
                yield (spelled(key), *row)

    alice = list(rows(0, lambda: (
        maybe(draw.choice(["high", "low", "it's", "é", "else", " low "])), maybe(draw.randrange(100)),
        decimal.Decimal(draw.randrange(-100_000, 100_001)) / 100, maybe(draw.random() < 0.4))))
    bob = list(rows(keys // 3, lambda: (
        datetime.date(2000, 1, 1) + datetime.timedelta(days=draw.randrange(731)), f"K{draw.randrange(90):02d}",
        maybe(draw.random()))))
    paths = {}
    for name, table, fields in [
            ("Alice", alice, [("id", pa.string()), ("level", pa.string()), ("age", pa.int16()),
                              ("paid", pa.decimal128(9, 2)), ("ok", pa.bool_())]),
            ("Bob", bob, [("person", pa.string()), ("day", pa.date32()), ("code", pa.string()), ("share", pa.float64())])]:
        draw.shuffle(table)
        columns = {field: pa.array([row[place] for row in table], type)
                   for place, (field, type) in enumerate(fields)}
        paths[name] = f"{folder}/{name}-{rows_per_key}.parquet"
        pq.write_table(pa.table(columns), paths[name])
    task = f"{folder}/join-{rows_per_key}.yaml"
    with open(task, "w") as file:
        file.write(TASK.format(rows=3 * keys * rows_per_key, rows_per_key=rows_per_key, server=server,
                               codes=", ".join(f"K{code:02d}" for code in range(90))))
    return task, paths
