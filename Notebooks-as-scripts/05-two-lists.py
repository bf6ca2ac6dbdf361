# %% [markdown]
# # Two lists of names, and one number that both know only together
#
# A labour inspectorate has a list of persons that it found at work, a shelter a list of persons that it helped. They share no
# number: names are misspelt and dates mistyped. How many are on both lists, and in which sectors? Neither may see the other's
# list, and nobody may learn of a single person whether she is on it.

# %%
import json
import random
import re

from entrepot_notebook import entrepot, folder, rows

place = folder("lists")
entrepot("demo-data", "lists", "--rows", 10000, "--output", place)
task = place / "task.yaml"
files = {"Inspectorate": place / "inspectorate.csv", "Shelter": place / "shelter.csv"}
found, helped = rows(files["Inspectorate"]), rows(files["Shelter"])
print(len(found), "and", len(helped), "persons; of the generated lists half are on both")

# %% [markdown]
# ## What an exact comparison finds
# Every error loses a person.

# %%
identity = ["surname", "given", "born"]
exact = {tuple(row[c] for c in identity) for row in found} & {tuple(row[c] for c in identity) for row in helped}
print(len(exact), "persons are written alike in both lists, of 5000")
assert len(exact) < 4000

# %% [markdown]
# ## What the task agrees
# Records meet where they agree in the date of birth, or in the sound of the surname and the year. Names and dates are then compared
# by how alike they are. What comes out is a noisy number, noisy numbers by sector, and synthetic rows.

# %%
print(entrepot("task", "show", task))


# %%
def linked(inspectorate, shelter):
    """The noisy number of persons on both lists: one run of the engine, with one epsilon."""
    model = place / "lists.model"
    entrepot("fit", "--task", task, "--data", f"Inspectorate={inspectorate}", "--data", f"Shelter={shelter}", "--output", model)
    answer = json.loads(entrepot("query", "on-both-lists", "--model", model, "--task", task, "--json"))
    return answer["figures"][0]


figure = linked(*files.values())
print("on both lists, with 95 %:", figure)
assert 4200 < figure["estimate"] < 5300

# %% [markdown]
# ## What an attacker with one name learns
# The shelter wants to know whether Ann is on the inspectorate's list. It uploads a list of Ann alone. The answer is noise around 0 or
# around 1, and the noise is many times wider than the difference. (The first line of each pair is the world in which she is there.)

# %%
ann = {"surname": "Marolini", "given": "Sate", "born": "1980-02-03"}
with_ann = place / "with.csv"
text = files["Inspectorate"].read_text()
with_ann.write_text(text + ",".join(ann.values()) + ",farming,40\n")
lone = place / "lone.csv"
lone.write_text("surname,given,born,reason,stay_days\n" + ",".join(ann.values()) + ",wages,10\n")
for trial in range(3):
    there, absent = linked(with_ann, lone), linked(files["Inspectorate"], lone)
    print(f"she is there: {there['estimate']:.0f}   she is not: {absent['estimate']:.0f}   "
          f"standard error {there['standardError']:.0f}")
