# %% [markdown]
# # Two providers, one table that neither has
#
# Alice knows what cars cost, Bob what they offer and how buyers judged them. Neither may show the other a row. This is
# the enclave workshop, from both sides, and the question that it promised to answer: what does the *joined* model know
# that two separate models cannot?

# %%
import json

from entrepot_notebook import Trial, distance, entrepot, rows, shares

# %% [markdown]
# ## Agree, then serve
# One task names the parties with their keys, the columns with their declared domains, and ε. Both sign its digest. The
# service here is simulated, says so everywhere, and is a process of its own that both sides reach over TLS 1.3.

# %%
trial = Trial("workshop")
print(entrepot("task", "show", trial.task))

# %% [markdown]
# ## Verify, check, upload, confirm
# Each party first checks its own file with the service's own validator, on its own machine; then sends it over a channel
# whose key, task and program stand in the evidence. A table can be replaced until it is confirmed.

# %%
for party in trial.parties:
    entrepot("check", trial.table(party), "--task", trial.task, "--party", party)
    digest = entrepot("upload", trial.table(party), *trial.channel(party)).strip()
    print(party, "uploaded", digest[:16], entrepot("confirm", "--yes", *trial.channel(party)).strip())

print("the model is", entrepot("status", "--wait", *trial.channel("Alice")).strip())
entrepot("samples", "--rows", 20000, "--seed", 1, "--output", trial.folder / "joined.csv", *trial.channel("Alice"))
joined = rows(trial.folder / "joined.csv")
print(len(joined), "synthetic rows; the first:", joined[0])

# %% [markdown]
# ## Joined against separate
# For comparison each party also fits its own table alone, at the same ε, and the two synthetic tables are laid side by
# side, which is all that anybody can do without a join. This walk-through plays both parties, so it may look at both
# tables; nobody else can.

# %%
epsilon = 3.0
declared = json.loads(entrepot("details", *trial.channel("Alice")))["schema"]
separate = None
for seed, party in enumerate(trial.parties):
    schema = {"primaryKey": ["id"], "fields": [{"name": "id", "type": "string"}] + declared[party]["fields"]}
    (trial.folder / f"{party}.json").write_text(json.dumps(schema))
    model = trial.folder / f"{party}.model"
    entrepot("fit", "--table", trial.table(party), "--schema", trial.folder / f"{party}.json", "--epsilon", epsilon,
             "--output", model)
    entrepot("sample", model, "--rows", 20000, "--seed", seed, "--draws", "independent",
             "--output", trial.folder / f"{party}-alone.csv")
    alone = [{f"{party}_{name}": value for name, value in row.items()} for row in
             rows(trial.folder / f"{party}-alone.csv")]
    separate = alone if separate is None else [first | second for first, second in zip(separate, alone)]

bob = {row["id"]: row for row in rows(trial.table("Bob"))}
truth = [{f"Alice_{name}": value for name, value in row.items()} | {f"Bob_{k}": v for k, v in bob[row["id"]].items()}
         for row in rows(trial.table("Alice")) if row["id"] in bob]

# %%
print(f"{'pair of columns':32} joined  separate   (total variation distance from the truth, smaller is better)")
gains = []
for left in ["Alice_buying", "Alice_maint", "Alice_doors"]:
    for right in ["Bob_safety", "Bob_persons", "Bob_value"]:
        real = shares(truth, left, right)
        near, far = distance(real, shares(joined, left, right)), distance(real, shares(separate, left, right))
        gains.append((far - near, left, right))
        print(f"{left + ' × ' + right:32} {near:6.3f}  {far:8.3f}")

# %% [markdown]
# What a car costs drives how buyers judge it, and the two facts lie with different parties: separate models lose it.

# %%
best = max(gains)
print(f"\nThe joined model is nearer by up to {best[0]:.3f}, at {best[1]} × {best[2]}.")
assert best[0] > 0.02, "the joined model should know more than two separate ones"
total = json.loads(entrepot("ledger", *trial.channel("Alice")))
spent = [entry for entry in total["entries"] if entry["kind"] == "reservation"]
print("The ledger holds one reservation of ε =", spent[0]["epsilon"], "however many rows were drawn.")
assert len(spent) == 1
trial.stop()
