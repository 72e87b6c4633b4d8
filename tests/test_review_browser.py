"""The review page in a real browser: a reviewer clears a report by keyboard alone."""

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest
from conftest import build_report

from gxml import synth
from gxml.decisions import Decisions, decide, settled
from gxml.report import Finding
from gxml.rules import evaluate, section_rules
from gxml.tidy import rows, saved_reports

pytest.importorskip("fastapi", reason="the review page needs fastapi")
pytest.importorskip("selenium", reason="the browser test needs selenium")

import uvicorn
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from gxml.review import make_app

CHROMIUM, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(not CHROMIUM or not DRIVER, reason="no chromium with chromedriver on the PATH"),
]
PATIENCE = 600.0
"""Seconds that a step of the browser may take on a machine that does other things."""
FLAGGED = 12


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A headless browser; it is started here, as chromedriver gives up on one that starts slowly."""
    profile = tmp_path_factory.mktemp("profile")
    flags = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
    spare = ("--disable-extensions", "--disable-background-networking", "--disable-sync", "--disable-default-apps")
    where = (f"--user-data-dir={profile}", "--remote-debugging-port=0", "--window-size=1440,950", "--lang=zh-CN")
    process = subprocess.Popen(
        [CHROMIUM, *flags, *spare, *where, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    driver = None
    try:
        active, until = profile / "DevToolsActivePort", time.monotonic() + PATIENCE
        while not (active.exists() and active.read_text().strip()):
            if process.poll() is not None or time.monotonic() > until:
                pytest.skip("chromium does not start here")
            time.sleep(0.1)
        options = webdriver.ChromeOptions()
        options.debugger_address = f"127.0.0.1:{active.read_text().split()[0]}"
        options.page_load_strategy = "none"  # the test itself waits, as long as it takes
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        driver.command_executor.client_config.timeout = int(PATIENCE)
        yield driver
    finally:
        if driver:
            driver.quit()
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A report with a page of paper, whose readings are partly wrong, and twelve flagged cells."""
    import hashlib

    folder = tmp_path_factory.mktemp("review")
    made = synth.generate(5, edition="2021", density="dense")
    source = synth.write(made, "pdf", folder / "in" / "report.pdf")
    import gxml

    report = gxml.read(source)
    ids = [c.id for c in report.cell_list if c.id.startswith("requests.") and c.value and c.bbox is not None][:FLAGGED]
    findings = [
        Finding(rule="READ.DOUBT", kind="ambiguous", severity="warning", cells=[i], message=f"请核对第 {n} 处")
        for n, i in enumerate(ids, 1)
    ]
    report = report.model_copy(update={"findings": findings, "status": "review"})
    for n, cell in enumerate(report.cells[i] for i in ids):
        cell.second, cell.candidates = str(cell.value + 1), [[str(cell.value), 0.5], [str(cell.value + 1), 0.4]]
        if n == 2:
            cell.status, cell.value, cell.raw = "unreadable", None, "?"
    report.text = gxml.read(source).text
    report.save(folder / "out" / "report.json")
    other = build_report(file="later.pdf", issuer="白石市", findings=(findings[0],))
    other.source.sha256 = hashlib.sha256(b"other").hexdigest()
    other.save(folder / "out" / "second.json")
    return folder, report, ids, dict(made.cells)


@pytest.fixture
def address(folders):
    """A server on a port of its own."""
    folder = folders[0]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = make_app(folder / "out", [folder / "in"], reviewer="李")
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(PATIENCE)


def until(browser, what):
    WebDriverWait(browser, PATIENCE, 0.25, [NoSuchElementException, StaleElementReferenceException]).until(lambda _: what())


def text(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector).text


def shot(browser, name):
    """Take a picture, where GXML_SHOTS names a folder for it."""
    if os.environ.get("GXML_SHOTS"):
        browser.save_screenshot(str(Path(os.environ["GXML_SHOTS"]) / f"{name}.png"))


def press(browser, *keys):
    """Type where the keyboard is; no test touches the mouse."""
    for key in keys:
        browser.switch_to.active_element.send_keys(key)


def test_twelve_cells_are_cleared_by_keyboard_alone(browser, address, folders):
    folder, report, ids, truth = folders
    browser.get(f"{address}/?state=open&lang=zh")
    until(browser, lambda: len(browser.find_elements(By.CSS_SELECTOR, ".reports a")) == 2)
    links = browser.find_elements(By.CSS_SELECTOR, ".reports a")
    for _ in range(20):  # with Tab to the first report
        if browser.switch_to.active_element == links[0]:
            break
        press(browser, Keys.TAB)
    press(browser, Keys.ENTER)
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "body[data-ready]"))
    sheets = "return [...document.querySelectorAll('.sheet')].every(s => s.querySelector('.box'))"
    until(browser, lambda: browser.execute_script(sheets))
    assert text(browser, "#left") == f"待定 {FLAGGED} / {FLAGGED}"

    store, sha = Decisions(folder / "out"), report.source.sha256

    def now():
        return text(browser, "#where").split(" ")[0]

    def done(count):
        until(browser, lambda: text(browser, "#left") == f"待定 {FLAGGED - count} / {FLAGGED}")

    # the place on paper, the cell of the table and the list are marked together
    assert now() == ids[0]
    marked = browser.find_elements(By.CSS_SELECTOR, f'.now[data-cell="{ids[0]}"]')
    assert {e.tag_name for e in marked} == {"div", "td", "li"}
    place = next(e for e in marked if e.tag_name == "div").rect
    sheet = browser.find_element(By.CSS_SELECTOR, f'.sheet[data-page="{report.cells[ids[0]].page}"] img').rect
    box, width = report.cells[ids[0]].bbox, browser.execute_script("return document.querySelector('.sheet img').naturalWidth")
    scale = sheet["width"] / (width * 72 / 180)
    assert abs(place["x"] - sheet["x"] - box[0] * scale) < 3 and abs(place["y"] - sheet["y"] - box[1] * scale) < 3

    press(browser, "n", "n", "p")
    assert now() == ids[1]
    press(browser, "p", "a")  # accept
    done(1)
    assert now() == ids[1]
    # sums are live: as read the row holds, with another number it does not
    whole = [x.text for x in browser.find_elements(By.CSS_SELECTOR, "#rules .holds")]
    press(browser, "9", "9", "9")
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "#rules .broken"))
    assert len(browser.find_elements(By.CSS_SELECTOR, "#rules .holds")) < max(1, len(whole))
    press(browser, Keys.ENTER)
    done(2)
    assert store.in_force(sha)[ids[1]].value == 999
    press(browser, "u")
    done(1)
    assert now() == ids[1] and ids[1] not in store.in_force(sha)
    press(browser, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER)  # the second candidate
    done(2)
    assert store.in_force(sha)[ids[1]].value == report.cells[ids[1]].value + 1
    # nothing was read there: nothing can be accepted, and what is typed counts
    assert now() == ids[2]
    press(browser, "a")
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "#note.bad"))
    press(browser, *str(truth[ids[2]]), Keys.ENTER)
    done(3)
    press(browser, "c", "smudged", Keys.ENTER)
    until(browser, lambda: "smudged" in text(browser, "#comments"))
    press(browser, "e")  # the report's own error
    done(4)
    press(browser, "7")
    shot(browser, "review")
    press(browser, Keys.BACKSPACE, "-", Keys.ENTER)  # blank
    done(5)
    # the page's sums are those of gxml.rules, decisions and all
    ask = "const f = freeTotals(false); return data.rules.map(r => [r.id, evaluate(r, f, false).outcome])"
    reviewed = settled(decide(report, store.in_force(sha)))
    names = {"not evaluable": "unknown"}
    known = [[c.rule.id, names.get(c.outcome, c.outcome)] for c in evaluate(reviewed.cells, section_rules(report.editions))]
    assert browser.execute_script(ask) == known and {x for _, x in known} >= {"holds", "broken"}
    # a cell lights up its place, and a place its cell
    for tag, other in (("td", ".box"), (".box", "td")):
        light = f"document.querySelector('{tag}[data-cell=\"{ids[7]}\"]').dispatchEvent(new MouseEvent(arguments[0], {{bubbles: true}}))"
        browser.execute_script(light, "mouseover")
        assert browser.find_element(By.CSS_SELECTOR, f"{other}.hot").get_attribute("data-cell") == ids[7]
        browser.execute_script(light, "mouseout")
        assert not browser.find_elements(By.CSS_SELECTOR, ".hot")
    for count in range(6, FLAGGED + 1):
        press(browser, "a")
        done(count)
    assert "全部复核" in text(browser, "#note")

    made = store.in_force(sha)
    kinds = [made[i].kind for i in ids]
    assert kinds == ["accept", "correct", "correct", "source_error", "correct", *["accept"] * (FLAGGED - 5)]
    assert made[ids[2]].value == truth[ids[2]] and made[ids[4]].value is None and made[ids[3]].comment == ""
    assert {d.by for d in made.values()} == {"李"}
    assert [d.comment for d in store.log(sha) if d.kind == "comment"] == ["smudged"]
    assert not [x for x in browser.get_log("browser") if x["level"] == "SEVERE" and "422" not in x["message"]]

    # read again: the decisions stand beside the readings, on the page and in what is exported
    import gxml

    gxml.read(folder / "in" / "report.pdf").save(folder / "out" / "report.json")
    saved = dict(saved_reports([folder / "out"]))["report"]
    line = next(x for x in rows(("report", saved))["cells"] if x["id"] == ids[1])
    assert (line["value"], line["reading"], line["decision"]) == (line["reading"] + 1, saved.cells[ids[1]].value, "correct")
    browser.get(browser.current_url + "?again")
    until(browser, lambda: "again" in browser.current_url)
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "body[data-ready]"))
    until(browser, lambda: text(browser, f'td[data-cell="{ids[1]}"]') == str(line["value"]))
    press(browser, "g")  # on to the next report that waits
    until(browser, lambda: "白石市" in browser.title)
    until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "body[data-ready]"))
    shot(browser, "without_paper")


def test_a_script_in_a_report_does_not_run(browser, folders, tmp_path):
    hostile = "<img src=x onerror=document.title='pwned'></script><script>document.title='pwned'</script>"
    finding = Finding(
        rule="X", kind="ambiguous", severity="error", cells=["requests.received.total"], message=hostile
    )
    cell = {"requests.received.total": {"raw": hostile, "status": "text", "value": None, "span": (0, 20)}}
    build_report(file=hostile.replace("/", ""), issuer=hostile, text=hostile * 3, cells=cell, findings=(finding,)).save(
        tmp_path / "a.json"
    )
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(make_app(tmp_path), log_level="warning"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        browser.get(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, ".reports a"))
        browser.find_element(By.CSS_SELECTOR, ".reports a").send_keys(Keys.ENTER)
        until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "body[data-ready]"))
        press(browser, "c", json.dumps(hostile)[1:60], Keys.ENTER)
        until(browser, lambda: browser.find_elements(By.CSS_SELECTOR, "#comments li"))
        assert "pwned" not in browser.title.replace(hostile, "")
        assert hostile[:40] in text(browser, "#messages")
        assert not browser.find_elements(By.CSS_SELECTOR, "img[src=x]")
        server.should_exit = True
        thread.join(PATIENCE)
