# %% [markdown]
# # Benchmark and error analysis
#
# How well are reports read, and where do the errors come from? This page makes reports in every layout, damages some, reads
# them, and takes the errors apart. `gxml evaluate` and `gxml benchmark` do the same from the command line.

# %%
import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

import gxml
from gxml import synth
from gxml.evaluate import evaluate
from gxml.judged import judge
from gxml.scores import CellScores
from gxml.truth import load_truth

FAST = bool(os.environ.get("GXML_FAST"))
folder = Path(tempfile.mkdtemp())
per_layout = 1 if FAST else 6
layouts = tuple(synth.LAYOUTS)
made = list(synth.synthesise(folder / "made", per_layout * len(layouts), seed=7000, layouts=layouts, editions=("2019", "2021")))
made += list(synth.synthesise(folder / "made", per_layout * len(layouts), seed=8000, layouts=layouts, damages=2))
for m in made:
    gxml.read(m.path).save(folder / "out" / f"{m.name}.json")
len(made)

# %%
result = evaluate(folder / "made", folder / "out", teds=False)
s = result.summary
print(f"{s.cells.exact} of {s.cells.cells} cells exact, {s.cells.flagged} wrong and flagged, {s.cells.silent} silent")
print("kinds of errors:", s.cells.errors)
print(f"precision of flags {s.flags.precision:.3f}, recall {s.flags.recall:.3f}")
print(f"accepted without review {s.reviews.accepted} of {s.reviews.reports}, with a wrong cell {s.reviews.accepted_wrong}")

# %% [markdown]
# ## By layout, with and without damage

# %%
rows = []
for m in made:
    scores = CellScores()
    scores.update(judge(load_truth(m.truth), result.reports[m.name]))
    c = scores.summary()
    damaged = "damaged" if m.seed >= 8000 else "whole"
    rows.append({"layout": m.layout, "report": damaged, "cells": c.cells, "wrong": c.flagged + c.silent, "silent": c.silent})
frame = pd.DataFrame(rows).groupby(["layout", "report"]).sum().unstack()
frame

# %%
share = 100 * frame["wrong"] / frame["cells"]
share.plot.barh(figsize=(7, 4), xlabel="wrong cells, %, all of them flagged" if not s.cells.silent else "wrong cells, %")
plt.tight_layout()
plt.show()

# %% [markdown]
# ## Which cells
#
# The measures of a group: section, row, column, or digits of the printed number.

# %%
digits = s.cells.groups["digits"]
pd.DataFrame({n: {"cells": c.cells, "exact": c.share_exact, "silent": c.silent} for n, c in digits.items()}).T

# %%
for w in result.errors[:8]:
    print(w.name, w.cell.id, "printed", w.cell.truth, "read", w.cell.value, "|", w.cell.error, "|", *w.messages[:1])

# %% [markdown]
# ## Confidence

# %%
from IPython.display import SVG, display

from gxml.plots import reliability

print(f"{s.calibration.readings} readings, expected calibration error {s.calibration.ece:.4f}")
display(SVG(reliability(s.calibration.bins)))
