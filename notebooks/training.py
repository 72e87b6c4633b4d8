# %% [markdown]
# # Training on your annotations
#
# The facts of the prose are read by rules; a trained model can stand beside them. This page makes a folder of annotated
# reports (made up here; yours come from `gxml annotate import`), trains the linear model on it, and compares.
# The same command trains the network where torch is installed: `kind = "classifier"` in the configuration.

# %%
import os
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt

from gxml import synth
from gxml.annotate import load_annotations
from gxml.evaluate_facts import FactScores, gold_of, ignored_of
from gxml.facts import RuleReader
from gxml.train import train
from gxml.train_config import read_config

FAST = bool(os.environ.get("GXML_FAST"))
folder = Path(tempfile.mkdtemp())

# %% [markdown]
# ## Annotated reports
#
# One JSON file a report, beside it; it points into the text and names the labels. See annotations/GUIDELINES.md.

# %%
reports = folder / "reports"
count = 12 if FAST else 60
made = list(synth.synthesise(reports, count, seed=5000, layouts=("docx", "html"), split="train", annotate=True))
known = load_annotations(reports, [reports])
print(len(known), "documents,", sum(len(d.candidates) for d in known), "numbers looked at")
for labelled in sorted(known[0].candidates, key=lambda x: not x.labels)[:4] + list(known[0].candidates[:4]):
    c = labelled.candidate
    print(known[0].document.text[max(0, c.start - 12) : c.end + 6].replace("\n", " "), "->", labelled.labels or "no fact")

# %% [markdown]
# ## Training
#
# The configuration is a TOML file; every key is explained in `gxml/train_config.py`. A fifth of the issuers is kept apart, and
# the sentences of the reports below are of other templates than those that are learned from.

# %%
(folder / "mine.toml").write_text(
    f"""
kind = "linear"
name = "mine"

[data]
annotations = ["{reports}"]
reports = ["{reports}"]
generated = {40 if FAST else 600}
measured = {20 if FAST else 100}
""",
    "utf-8",
)
done = train(read_config(folder / "mine.toml"), folder / "trained", say=print)
print(done.model.folder.name, sorted(p.name for p in done.model.folder.iterdir()))

# %% [markdown]
# The model directory carries its card, its configuration with hashes, and what was measured:

# %%
print((done.model.folder / "README.md").read_text("utf-8")[:1500])

# %% [markdown]
# ## Beside the rules
#
# Use it with `gxml extract --facts DIR`, or keep it with `gxml models use DIR`. Here both read reports that neither has seen.

# %%
from gxml.facts_reader import fact_reader

fresh = list(synth.synthesise(folder / "fresh", 6 if FAST else 20, seed=9000, layouts=("html",), split="test", annotate=True))
documents = load_annotations(folder / "fresh", [folder / "fresh"])
readers = {"rules": RuleReader(), "mine": fact_reader(str(done.model.folder))}
scores = {}
for name, reader in readers.items():
    scores[name] = FactScores()
    for d in documents:
        read = reader.read(d.document.text, d.lines)
        scores[name].update(gold_of(d.candidates), read, ignored_of(d.candidates))
summaries = {name: s.summary() for name, s in scores.items()}
for name, s in summaries.items():
    low, high = s.all.interval
    print(f"{name:6} F1 {s.all.f1:.3f} ({low:.3f} to {high:.3f})")

# %%
types = [t for t in summaries["rules"].types if t in summaries["mine"].types][:12]
plt.figure(figsize=(7, 3.5))
for k, (name, s) in enumerate(summaries.items()):
    plt.barh([i + 0.4 * k for i in range(len(types))], [s.types[t].f1 for t in types], height=0.38, label=name)
plt.yticks([i + 0.2 for i in range(len(types))], types)
plt.xlabel("F1")
plt.legend()
plt.tight_layout()
plt.show()
