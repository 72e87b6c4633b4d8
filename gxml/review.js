"use strict";
// Keys, hovering and sums of one report's page. All text goes in as text, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const T = data.texts, cells = data.cells, $ = id => document.getElementById(id);
let state = data.state, now = null, chosen = -1, busy = false;

const format = (text, ...values) => values.reduce((s, v) => s.replace("{}", () => String(v)), text);
const each = (selector, act) => document.querySelectorAll(selector).forEach(act);
const at = id => document.querySelectorAll(`[data-cell="${CSS.escape(id)}"]`);
const shown = v => v === null ? T.blank : String(v);
const make = (tag, text, name) => { const e = document.createElement(tag); e.textContent = text; if (name) e.className = name; return e; };

// ---- values and sums ----------------------------------------------------------------------------------------------

// What is typed: a number, null for blank ("-"), undefined for nothing yet, NaN for something else.
function typed() {
  const text = $("value").value.normalize("NFKC").replace(/[\s,]/g, "").replace(/^[−–—]/, "-");
  if (!text) return undefined;
  if (text === "-") return null;
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
}

// What a cell counts in a rule, as gxml.rules.counted: null where it is not known.
function count(id, live) {
  const cell = cells[id], d = state.decisions[id];
  if (live && id === now) { const t = typed(); if (t !== undefined) return t === null ? 0 : Number.isNaN(t) ? null : t; }
  if (d) return d.value === null ? (cell && cell.value === null && cell.count === null && cell.status !== "unreadable" ? null : 0) : d.value;
  return cell ? cell.count : null;
}

function isBlank(id, live) {
  if (live && id === now) { const t = typed(); if (t !== undefined) return t === null; }
  const d = state.decisions[id];
  if (d) return d.value === null;
  const cell = cells[id];
  return Boolean(cell) && cell.value === null && (cell.status === "blank" || cell.status === "text");
}

// Totals that are blank beside parts that are not all 0: what they should say is not known.
function freeTotals(live) {
  const free = new Set();
  for (const r of data.rules) {
    if (r.relation !== "==" || r.right.length !== 1 || !isBlank(r.right[0][1], live)) continue;
    if (r.left.some(([, id]) => count(id, live))) free.add(r.right[0][1]);
  }
  return free;
}

const tidy = v => Math.round(v * 1e6) / 1e6;
function total(terms, live) {
  let sum = 0;
  for (const [k, id] of terms) { const c = count(id, live); if (c === null) return null; sum += k * c; }
  return tidy(sum);
}

function evaluate(rule, free, live) {
  if ([...rule.left, ...rule.right].some(([, id]) => free.has(id))) return { outcome: "unknown" };
  const left = total(rule.left, live), right = total(rule.right, live);
  if (left === null || right === null) return { outcome: "unknown" };
  const good = rule.relation === "==" ? left === right : rule.relation === ">=" ? left >= right : left <= right;
  return { outcome: good ? "holds" : "broken", left, right };
}

// The number with which a rule holds, if all else is right.
function needed(rule, id) {
  if (rule.relation !== "==") return null;
  let rest = 0, factor = 0;
  for (const [sign, terms] of [[1, rule.left], [-1, rule.right]])
    for (const [k, i] of terms) {
      if (i === id) { factor += sign * k; continue; }
      const c = count(i, true);
      if (c === null) return null;
      rest += sign * k * c;
    }
  return factor ? tidy(-rest / factor) : null;
}

function showRules() {
  const list = $("rules"), free = freeTotals(true);
  list.replaceChildren();
  for (const rule of data.rules.filter(r => [...r.left, ...r.right].some(([, id]) => id === now))) {
    const found = evaluate(rule, free, true), need = needed(rule, now);
    const sums = found.left === undefined ? "" : ` ${found.left} ${{ "==": found.outcome === "holds" ? "=" : "≠", ">=": "≥", "<=": "≤" }[rule.relation]} ${found.right}`;
    const line = make("li", `${rule.id} ${T[found.outcome]}${sums}`, found.outcome);
    if (found.outcome !== "holds" && need !== null) line.append(" · ", format(T.needs, need));
    line.title = rule.text;
    list.append(line);
  }
  $("h-rules").textContent = list.children.length ? T.rules : "";
}

// ---- what is shown ------------------------------------------------------------------------------------------------

function marks(id) {
  const names = [], d = state.decisions[id], cell = cells[id];
  if (d) names.push("decided"); else if (cell && cell.flag) names.push(cell.flag);
  if (id === now) names.push("now");
  return names;
}

function showCells() {
  each("td.cell", td => {
    const id = td.dataset.cell, cell = cells[id], d = state.decisions[id];
    td.className = ["cell", ...marks(id)].join(" ");
    td.textContent = d ? (d.value === null ? "" : d.value) : cell ? (cell.value === null ? cell.status === "blank" ? "" : cell.status === "text" ? cell.raw : "?" : cell.value) : "";
  });
  each(".place, .box", e => { e.className = [e.tagName === "SPAN" ? "place" : "box", ...marks(e.dataset.cell)].join(" "); });
  const list = $("flagged");
  list.replaceChildren(...data.flagged.map(id => {
    const d = state.decisions[id], line = make("li", cells[id].label, marks(id).join(" "));
    line.dataset.cell = id;
    line.append(make("small", ` ${d ? decided(d) : cells[id].value ?? (cells[id].status === "blank" ? T.blank : T.none)}`));
    line.addEventListener("click", () => select(id));
    return line;
  }));
  if (!data.flagged.length) list.replaceChildren(T.none_flagged);
  $("left").textContent = format(T.left, state.left, data.flagged.length);
  $("left").className = state.left ? "chip open" : "chip done";
}

const decided = d => format(T.decided[d.kind], shown(d.value)) + ` · ${d.by}` + (d.changed ? T.changed : "");

function showCurrent() {
  const cell = cells[now], d = state.decisions[now];
  $("label").textContent = cell.label;
  $("where").textContent = [now, cell.page ? format(T.page, cell.page) : ""].filter(Boolean).join(" · ");
  const said = $("said");
  said.replaceChildren(`${T.reading}: `, make("b", cell.value ?? (cell.status === "blank" ? T.blank : T.none)));
  said.append(` (${cell.raw ? `“${cell.raw}”, ` : ""}${cell.reader}, ${cell.confidence.toFixed(3)}, ${cell.status})`);
  if (d) said.append(" → ", make("b", decided(d)));
  $("messages").replaceChildren(...cell.messages.map(m => make("li", `${m.rule} ${m.message}`, m.severity)));
  $("comments").replaceChildren(...(state.comments[now] || []).map(c => make("li", `${c.by}, ${c.at}: ${c.comment}`)));
  $("h-candidates").textContent = cell.candidates.length ? T.candidates : T.no_candidates;
  $("candidates").replaceChildren(...cell.candidates.map((c, n) => {
    const line = make("li", ""), button = make("button", shown(c.value));
    button.type = "button";
    button.setAttribute("aria-pressed", n === chosen);
    button.addEventListener("click", () => take(n));
    line.append(button, make("small", ` ${c.p === null ? "" : c.p.toFixed(3) + " "}${c.from.map(f => T.from[f] || f).join(", ")}`));
    return line;
  }));
  showRules();
  showCrop(cell);
}

function showCrop(cell) {
  const sheet = cell.box && document.querySelector(`.sheet[data-page="${cell.page}"] img`);
  $("crop").hidden = !sheet;
  if (!sheet) return;
  const place = () => {
    if (cells[now] !== cell) return;
    const scale = data.dpi / 72, [x0, y0, x1, y1] = cell.box.map(v => v * scale);
    const pane = $("crop"), zoom = Math.min(1.4, pane.clientWidth / (x1 - x0 + 60), pane.clientHeight / (y1 - y0 + 10));
    const image = $("crop-img");
    image.src = sheet.src;
    image.style.width = `${sheet.naturalWidth * zoom}px`;
    image.style.left = `${pane.clientWidth / 2 - (x0 + x1) / 2 * zoom}px`;
    image.style.top = `${pane.clientHeight / 2 - (y0 + y1) / 2 * zoom}px`;
    Object.assign($("crop-mark").style, {
      left: `${pane.clientWidth / 2 - (x1 - x0) / 2 * zoom - 2}px`, top: `${pane.clientHeight / 2 - (y1 - y0) / 2 * zoom - 2}px`,
      width: `${(x1 - x0) * zoom + 4}px`, height: `${(y1 - y0) * zoom + 4}px`,
    });
  };
  if (sheet.complete && sheet.naturalWidth) place(); else sheet.addEventListener("load", place, { once: true });
}

function select(id, quiet) {
  if (!cells[id]) return;
  now = id;
  chosen = -1;
  $("value").value = "";
  $("comment").value = "";
  if (!quiet) note("");
  showCells();
  showCurrent();
  reveal(id);
}

function reveal(id) {
  for (const e of at(id)) {
    const pane = e.closest("#paper");
    if (pane) {
      const box = e.getBoundingClientRect(), outer = pane.getBoundingClientRect();
      if (box.top < outer.top + 40 || box.bottom > outer.bottom - 40) pane.scrollTop += box.top - outer.top - outer.height / 2;
    } else if (e.closest("#flagged")) e.parentElement.scrollTop = e.offsetTop - e.parentElement.offsetTop - 60;
  }
}

function note(text, bad) { $("note").textContent = text; $("note").className = bad ? "bad" : ""; }

// ---- doing --------------------------------------------------------------------------------------------------------

async function post(what, body) {
  if (busy) return null;
  busy = true;
  try {
    const answer = await fetch(`/reports/${data.id}/${what}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-gxml-csrf": data.csrf },
      body: JSON.stringify({ by: $("by").value.trim(), ...body }),
    });
    const said = await answer.json().catch(() => ({ detail: answer.statusText }));
    if (!answer.ok) throw new Error([typeof said.detail === "string" ? said.detail : answer.status, said.hint || ""].join(" "));
    return said;
  } catch (e) {
    note(format(T.failed, e.message), true);
    return null;
  } finally {
    busy = false;
  }
}

async function decide(kind, value) {
  if (!now) return;
  const body = { field: now, kind, comment: $("comment").value.trim() };
  if (value !== undefined) body.value = value;
  const said = await post("decisions", body);
  if (!said) return;
  state = said;
  if (kind === "comment") { select(now, true); return; }
  const open = data.flagged.filter(id => !state.decisions[id]);
  if (open.length) step(1, true);
  else { select(now, true); note(`${T.done} ${data.next ? T.next_report : ""}`); }
}

function correct() {
  const value = typed();
  if (value === undefined || Number.isNaN(value)) { note(T.no_number, true); return; }
  const cell = cells[now], same = value === cell.value && (value !== null || cell.status === "blank");
  $("value").blur();
  decide(same ? "accept" : "correct", same ? undefined : value);
}

function sourceError() {
  const value = typed();
  if (Number.isNaN(value)) { note(T.no_number, true); return; }
  decide("source_error", value === null ? undefined : value);
}

async function undo() {
  const said = await post("undo", {});
  if (!said) return;
  state = said;
  select(said.undone && cells[said.undone] ? said.undone : now, true);
  note(said.undone ? T.undone : T.nothing);
}

// The next flagged cell that nobody decided; where there is none, simply the next.
function step(by, quiet) {
  const all = data.flagged, n = all.length;
  if (!n) return;
  const from = all.indexOf(now) < 0 ? (by > 0 ? -1 : 0) : all.indexOf(now);
  for (const open of [true, false])
    for (let k = 1; k <= n; k++) {
      const id = all[(((from + by * k) % n) + n) % n];
      if (!open || !state.decisions[id]) { select(id, quiet); if (quiet) note(""); return; }
    }
}

function take(n) {
  const found = cells[now].candidates;
  if (!found.length) return;
  chosen = (n + found.length) % found.length;
  $("value").value = found[chosen].value === null ? "-" : found[chosen].value;
  $("value").focus();
  showCurrent();
}

const keys = {
  n: () => step(1), p: () => step(-1), a: () => decide("accept"), e: sourceError, u: undo,
  c: () => $("comment").focus(), "?": () => $("keys").showModal(),
  g: () => { if (data.next) location.assign(`/reports/${data.next}`); },
  ArrowDown: () => take(chosen + 1), ArrowUp: () => take(chosen < 0 ? -1 : chosen - 1),
};

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $("keys").open) return;
  const inside = event.target.matches("input");
  if (event.key === "Escape") { document.activeElement.blur(); return; }
  if (inside && event.target.id === "comment" && event.key === "Enter") {
    event.preventDefault();
    if (event.target.value.trim()) decide("comment").then(() => $("comment").blur());
    return;
  }
  if (inside && !(event.target.id === "value" && event.key.startsWith("Arrow") && keys[event.key])) return;
  if (now && /^[0-9.-]$/.test(event.key)) {
    event.preventDefault();
    $("value").value = event.key;
    $("value").focus();
    chosen = -1;
    showRules();
  } else if (keys[event.key] && (now || event.key === "?" || event.key === "g") && !(event.target.matches("button") && event.key === "Enter")) {
    event.preventDefault();
    keys[event.key]();
  }
});

$("form").addEventListener("submit", event => { event.preventDefault(); correct(); });
$("value").addEventListener("input", showRules);
$("b-accept").addEventListener("click", keys.a);
$("b-source_error").addEventListener("click", sourceError);
$("b-undo").addEventListener("click", undo);
$("b-next").addEventListener("click", keys.n);
$("help").addEventListener("click", keys["?"]);
$("annotate").addEventListener("click", async () => {
  const said = await post("annotation", {});
  if (said) note(format(T.annotated, said.file));
});

// who reviews is remembered by this browser
$("by").value = localStorage.getItem("gxml.by") || data.reviewer;
$("by").addEventListener("change", () => localStorage.setItem("gxml.by", $("by").value.trim()));

// ---- cells and places, both ways ----------------------------------------------------------------------------------

function hot(target, on) {
  const e = target.closest && target.closest("[data-cell]");
  if (e) for (const other of at(e.dataset.cell)) other.classList.toggle("hot", on);
}
document.addEventListener("mouseover", event => hot(event.target, true));
document.addEventListener("mouseout", event => hot(event.target, false));
document.addEventListener("click", event => {
  const e = event.target.closest("td.cell, .box, .place");
  if (e) select(e.dataset.cell);
});

each(".sheet", sheet => {
  const image = sheet.querySelector("img"), page = Number(sheet.dataset.page);
  image.addEventListener("load", () => {
    const width = image.naturalWidth * 72 / data.dpi, height = image.naturalHeight * 72 / data.dpi;
    for (const [id, cell] of Object.entries(cells)) {
      if (cell.page !== page || !cell.box) continue;
      const [x0, y0, x1, y1] = cell.box, box = make("div", "", "box");
      box.dataset.cell = id;
      Object.assign(box.style, {
        left: `${100 * x0 / width}%`, top: `${100 * y0 / height}%`,
        width: `${100 * (x1 - x0) / width}%`, height: `${100 * (y1 - y0) / height}%`,
      });
      image.parentElement.append(box);
    }
    showCells();
    if (now && cells[now].page === page) reveal(now); // and nothing that is being typed is touched
  });
  image.src = image.dataset.src;
});

const first = data.flagged.find(id => !state.decisions[id]) || data.flagged[0] || document.querySelector("td.cell")?.dataset.cell;
showCells();
if (first) select(first);
document.body.dataset.ready = "yes";
