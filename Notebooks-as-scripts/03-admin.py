# %% [markdown]
# # Choosing ε before anybody uploads
#
# The admin of a task sets one number, ε, once, in one file. Too small and the rows are noise; too large and the promise
# to the people in the tables is weak. The choice is made before any private row exists: from the declared columns, an
# expected number of rows, and what the rows are for.

# %%
import json

from entrepot_notebook import Trial, entrepot, folder

# %% [markdown]
# ## A first task, drafted and linted
# `task draft` reads a local file of each party for names and types. Bounds are rounded outward to values that look
# public, and every line is marked for confirmation: a bound taken from private rows is a leak, so a person decides.

# %%
place = folder("admin")
entrepot("demo-data", "trade", "--output", place)
draft = entrepot("task", "draft", "--data", f"Norland={place / 'norland.csv'}",
                 "--data", f"Sudland={place / 'sudland.csv'}")
print("\n".join(draft.splitlines()[:12]))
print("  …", draft.count("to be confirmed"), "lines to be confirmed")
task = place / "task.yaml"
print("The confirmed task, which came with the tables:")
print(entrepot("task", "lint", task).strip())

# %% [markdown]
# ## A ladder of ε
# `task plan` fits rows that it makes up from the declared columns, once for each ε, and says what would be measured, how
# large the model gets, how long the fit takes and how far off columns and pairs will be. No private row is read and
# nothing is spent.

# %%
ladder = [0.1, 0.5, 1.0, 3.0, 10.0]
options = [option for epsilon in ladder for option in ("--epsilon", epsilon)]
plan = json.loads(entrepot("task", "plan", task, "--rows", 50000, "--json", *options))
print("epsilon   columns    pairs   (total variation: the share of rows that would have to move)")
found = {}
for rung in plan["rungs"]:
    columns = sum(column["error"] for column in rung["columns"]) / len(rung["columns"])
    pairs = sum(pair["error"] for pair in rung["pairs"]) / len(rung["pairs"])
    found[rung["epsilon"]] = pairs
    print(f"{rung['epsilon']:7}  {100 * columns:6.2f} %  {100 * pairs:6.2f} %")

# %% [markdown]
# ## The rule, and what it means to a person
# The planners here can live with pairs that are off by 4 %. The smallest ε that reaches it is the right one: more would
# buy exactness that nobody asked for, with other people's privacy.

# %%
WANTED = 0.04
chosen = next((epsilon for epsilon in ladder if found[epsilon] <= WANTED), ladder[-1])
print(f"ε = {chosen} is the smallest of the ladder whose pairs are off by at most {100 * WANTED:.0f} %.")
text = task.read_text().replace("epsilon: 1.0", f"epsilon: {chosen}")
task.write_text(text)
words = entrepot("task", "show", task)
print("\n".join(line for line in words.splitlines() if "attacker" in line or "epsilon" in line.lower()))
assert found[ladder[0]] > found[ladder[-1]], "more ε gives smaller errors"

# %% [markdown]
# ## Was the forecast right?
# The same task, played to its end on the generated tables: the ledger holds one reservation of the chosen ε.

# %%
trial = Trial("trade", epsilon=chosen)
for party in trial.parties:
    entrepot("upload", trial.table(party), *trial.channel(party))
    entrepot("confirm", "--yes", *trial.channel(party))
entrepot("status", "--wait", *trial.channel("Norland"))
entries = json.loads(entrepot("ledger", *trial.channel("Norland")))["entries"]
spent = [entry for entry in entries if entry["kind"] == "reservation"]
print("reserved once:", spent[0]["epsilon"], "at delta", spent[0]["delta"])
assert len(spent) == 1 and float(spent[0]["epsilon"]) == chosen
trial.stop()
