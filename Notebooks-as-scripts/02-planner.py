# %% [markdown]
# # A planner's question, prototyped on synthetic rows
#
# A planner of the border agency asks: *are consignments that come by road inspected as often as those that come by sea,
# and does a preference change it?* The mode of transport lies with Norland, the inspection with Sudland. Nobody may see a
# joined row. The planner writes the analysis on synthetic rows, gets intervals that hold the noise, and only then decides
# whether the real question is worth a request to the two offices.

# %%
import statistics

from entrepot_notebook import Trial, entrepot, rows

# %% [markdown]
# ## Rows from the service
# Two offices upload and confirm; the model is fitted once, against the one ε of the task.

# %%
trial = Trial("trade")
for party in trial.parties:
    entrepot("upload", trial.table(party), *trial.channel(party))
    entrepot("confirm", "--yes", *trial.channel(party))
print("the model is", entrepot("status", "--wait", *trial.channel("Norland")).strip())
entrepot("samples", "--rows", 50000, "--seed", 7, "--output", trial.folder / "rows.csv", *trial.channel("Norland"))
synthetic = rows(trial.folder / "rows.csv")
mode, inspected, preference = "Norland_mode", "Sudland_inspected", "Sudland_preference"
print(len(synthetic), "rows with the columns", ", ".join(synthetic[0]))


# %% [markdown]
# ## The analysis, written once
# It is an ordinary function of a table. What is run on synthetic rows today can be run by the offices on real rows.

# %%
def share_inspected(table, **conditions):
    """The share of inspected consignments among those that meet the conditions, and how many meet them."""
    kept = [row for row in table if all(row[column] == value for column, value in conditions.items())]
    return sum(row[inspected] == "true" for row in kept) / max(len(kept), 1), len(kept)


print(f"{'mode':6} {'preference':11} inspected   synthetic rows")
for one in ["road", "sea", "rail", "air"]:
    for other in ["true", "false"]:
        share, count = share_inspected(synthetic, **{mode: one, preference: other})
        print(f"{one:6} {other:11} {100 * share:8.1f} %   {count}")

# %% [markdown]
# ## How sure is that?
# Rows of one model hide the noise that the model was fitted with. `sample --imputations` fits the model again to figures
# that differ by as much noise as was added, and draws rows from each: how far the answers differ shows how far the answer
# can be off. They are combined by the rules for synthetic rows (Raghunathan, Reiter and Rubin 2003). This costs no ε: it
# needs the model's file alone, which holds released figures and nothing else.

# %%
IMPUTATIONS, ROWS = 10, 30000
model = trial.state / "task.model"
entrepot("sample", model, "--imputations", IMPUTATIONS, "--rows", ROWS, "--seed", 7,
         "--output", trial.folder / "imputed.csv")
tables = [rows(trial.folder / f"imputed-{number}.csv") for number in range(1, IMPUTATIONS + 1)]


def combined(analysis):
    """Estimate and 95 % interval of one share from all imputations."""
    answers = [analysis(table) for table in tables]
    estimates = [share for share, _ in answers]
    within = statistics.mean(share * (1 - share) / max(count, 1) for share, count in answers)
    between = statistics.variance(estimates)
    variance = max((1 + 1 / IMPUTATIONS) * between - within, within)
    reach = 2.26 * variance ** 0.5  # Student's quantile for 9 degrees of freedom
    middle = statistics.mean(estimates)
    return middle, max(middle - reach, 0), min(middle + reach, 1)


def joined_truth():
    """Only this walk-through, which plays both offices, can look."""
    sudland = {row["consignment"]: row for row in rows(trial.table("Sudland"))}
    return [row | sudland[row["consignment"]] for row in rows(trial.table("Norland")) if row["consignment"] in sudland]


truth = joined_truth()
print("mode   inspected   95 % interval      the truth, which a planner does not see")
covered = 0
for one in ["road", "sea", "rail", "air"]:
    middle, low, high = combined(lambda table: share_inspected(table, **{mode: one}))
    real = [row for row in truth if row["mode"] == one]
    real_share = sum(row["inspected"] == "true" for row in real) / len(real)
    covered += low <= real_share <= high
    print(f"{one:6} {100 * middle:7.1f} %   {100 * low:5.1f} to {100 * high:4.1f} %   {100 * real_share:5.1f} %")

# %% [markdown]
# An interval that holds both answers says: these rows cannot tell, ask the offices. One that does not says: plan on it.
# Intervals hold the noise of the fit and the chance of the sample, not a relationship that the model never measured; the
# report page (`entrepot report`) says for each pair of columns whether it was measured.

# %%
print(f"{covered} of 4 intervals hold the truth.")
assert covered >= 2, "intervals of 95 % should hold the truth more often"
trial.stop()
