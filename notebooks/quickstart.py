# %% [markdown]
# # Read, look, fix
#
# gxml reads a 政府信息公开工作年度报告 and says of every number where it came from and how far to trust it. This page reads the
# sample report of the package, looks at what was found, and then at a report whose printed sums are wrong.

# %%
import tempfile
from pathlib import Path

from IPython.display import Image, display

import gxml
from gxml import synth
from gxml.evidence import Evidence
from gxml.repair_explain import explain

sample = Path(gxml.__file__).parent / "sample" / "qinghe_2024.pdf"
report = gxml.read(sample)
print(report.issuer.value, report.year.value, report.editions, report.status)

# %% [markdown]
# The tables are pandas frames, by the rows and columns of the form.

# %%
report.table("requests").head(8)

# %% [markdown]
# Every cell knows its place. This is what was read as 收到的申请总数:

# %%
cell = report.cells["requests.received.total"]
print(cell.value, cell.status, cell.reader, "page", cell.page, cell.bbox)
display(Image(Evidence(report, sample).png(cell.id)))

# %% [markdown]
# The figures of the prose, and which rules a cell stands in:

# %%
for fact in report.facts[:6]:
    print(f"{fact.type:28} {fact.value:>8} {fact.unit}  {fact.text[:40]}")
print()
print(explain(report, cell.id))

# %% [markdown]
# ## A report that contradicts itself
#
# This one is made up, with two wrong sums. They stay as they are printed; the findings name them.

# %%
made = synth.generate(3, edition="2021", density="dense", author_errors=2)
folder = Path(tempfile.mkdtemp())
wrong = gxml.read(synth.write(made, "docx", folder / "wrong.docx"))
print(wrong.status)
for finding in wrong.findings:
    print(finding.severity, finding.rule, finding.message, "| expected", finding.expected, "observed", finding.observed)

# %% [markdown]
# ## Fix and check again
#
# The office mends its report; here the mended number goes into the saved JSON, and the rules are evaluated again.

# %%
from gxml.rules import check_report

path = wrong.save(folder / "wrong.json")
fixed = gxml.Report.load(path)
for violation in made.violations:
    print(violation["kind"], violation["detail"])
for finding in [f for f in wrong.findings if f.kind == "source_inconsistent"][:1]:
    total = finding.cells[-1]
    print("mending", total, ":", fixed.cells[total].value, "->", finding.expected)
    fixed.cells[total].value = finding.expected
before = {f.rule for f in wrong.findings if f.kind == "source_inconsistent"}
after = {f.rule for f in check_report(fixed) if f.kind == "source_inconsistent"}
print("broken before:", sorted(before))
print("broken after: ", sorted(after))

# %% [markdown]
# ## How sure
#
# A scan is read with a confidence for each cell. One page of the sample, as an office scanner gives it:

# %%
import matplotlib.pyplot as plt

from gxml import synth_scan
from gxml.pipeline import read

scan = folder / "scan.pdf"
synth_scan.write_pdf(synth_scan.scan_pdf(sample, "office150", seed=1, pages=[2]), scan)
scanned = read(scan)
print(scanned.status, [f.rule for f in scanned.findings][:5])
sure = [c.confidence for c in scanned.cell_list if c.status == "read"]
plt.figure(figsize=(6, 2.5))
plt.hist(sure, bins=40)
plt.xlabel("confidence")
plt.ylabel("cells")
plt.title(f"{len(sure)} cells of a scanned page")
plt.show()
