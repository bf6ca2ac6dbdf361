# %% [markdown]
# # An auditor's hour: evidence, ledger, samples
#
# An auditor believes nobody. What can be checked from outside, years later, with files alone and with code that is not
# this project's? This walk-through recomputes the ledger's hash chain in plain Python.

# %%
import hashlib
import json
import re

from entrepot_notebook import Trial, entrepot, rows

# %%
trial = Trial("bank-telecom", rows=5000)
for party in ["Bank", "Telecom"]:
    entrepot("upload", trial.table(party), *trial.channel(party))
    entrepot("confirm", "--yes", *trial.channel(party))
entrepot("status", "--wait", *trial.channel("Bank"))

# %% [markdown]
# ## Who runs what
# The evidence names the program, the task, this boot of the service and the head of its ledger, and is bound to the very
# connection that it came over. Evidence for a program that is not on the list of measurements is refused: exit code 3.

# %%
trust = trial.state / "simulated-root"
who = ["--url", trial.url, "--format", "simulated", "--root", trust / "root.pem"]
print(entrepot("verify", *who, "--measurements", trust / "measurements.json"))
measurements = (trust / "measurements.json").read_text()
other = trial.folder / "other.json"
other.write_text(re.sub(r"[0-9a-f]{96}", "ab" * 48, measurements))
entrepot("verify", *who, "--measurements", other, expect=3)
print("another program's measurements: refused, exit code 3\n")

# %% [markdown]
# ## The ledger, recomputed
# Each entry is one line of canonical JSON, and each names the SHA-256 of the one before. ε stands in one entry, written
# before the first noise was drawn, beside the plan and commitments to both uploads. A commitment tells nothing of a file; its
# owner can open it.

# %%
ledger = json.loads(entrepot("ledger", *trial.channel("Bank")))
previous = "0" * 64
for entry in ledger["entries"]:
    assert entry["previous"] == previous, f"the chain breaks at {entry['sequence']}"
    line = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    previous = hashlib.sha256(line.encode()).hexdigest()
    print(f"{entry['sequence']:3} {entry['kind']:12} {previous[:16]}… {entry.get('epsilon', '')}")
assert previous == ledger["head"]["hash"], "the head is not the hash of the last entry"
reservations = [entry for entry in ledger["entries"] if entry["kind"] == "reservation"]
assert len(reservations) == 1
for party in ["Bank", "Telecom"]:
    commitment = reservations[0]["details"][f"upload.{party}"]
    kept = [json.loads(path.read_text()) for path in (trial.folder / "receipts").glob("*/*.opening")]
    random = next(bytes.fromhex(one["random"]) for one in kept if one["commitment"] == commitment)
    file = hashlib.sha256(trial.table(party).read_bytes()).digest()
    assert hashlib.sha256(b"ENTREPOT-UPLOAD1\0" + random + file).hexdigest() == commitment
print("the chain holds, ε was reserved once, for the two files that were uploaded, as their owners can show\n")

# %% [markdown]
# ## The model is the one that the ledger names
# The model file states every noisy figure that left the kernel. Its digest stands in the ledger.

# %%
trained = next(entry for entry in ledger["entries"] if entry["kind"] == "trained")
model = trial.state / "task.model"
assert hashlib.sha256(model.read_bytes()).hexdigest() == trained["details"]["model_sha256"]
print("the model's digest is the ledger's")

# %% [markdown]
# ## Anybody who has the model draws the same rows
# Rows follow from the model and a seed. The service and a laptop agree to the last byte.

# %%
entrepot("samples", "--rows", 1000, "--seed", 11, "--output", trial.folder / "served.csv", *trial.channel("Regulator"))
entrepot("sample", model, "--rows", 1000, "--seed", 11, "--output", trial.folder / "drawn.csv")
assert rows(trial.folder / "served.csv") == rows(trial.folder / "drawn.csv")
print("1,000 served rows are the rows that the model file gives")
trial.stop()
