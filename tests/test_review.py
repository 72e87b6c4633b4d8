"""The review page: what it shows, what it keeps, and whom it turns away."""

import asyncio
import json
import re

import pytest
from lxml import html

from gxml.annotate import read_annotation
from gxml.decisions import Decisions
from gxml.report import Finding
from gxml.review_index import Index, flagged
from gxml.review_view import candidates, view
from gxml.rules import counted, evaluate, section_rules

pytest.importorskip("fastapi", reason="the review page needs fastapi")
pytest.importorskip("httpx", reason="its tests need httpx")

from fastapi.testclient import TestClient

from gxml.review import make_app
from gxml.review_texts import LANGUAGES, texts
from gxml.webguard import Guard

HERE = "http://127.0.0.1:8321"
TOTAL, PERSON = "requests.received.total", "requests.received.natural_person"
SCRIPT = "<script>alert(1)</script>"


def found(*cells, severity="error", message="请核对"):
    return Finding(rule="READ.DOUBT", kind="ambiguous", severity=severity, cells=list(cells), message=message)


@pytest.fixture
def out(make_report, tmp_path):
    folder = tmp_path / "out"
    for n, (issuer, findings) in enumerate(
        [("青禾县人民政府", (found(TOTAL, PERSON),)), ("白石市", (found(PERSON, severity="warning"),)), ("云岭区", ())]
    ):
        report = make_report(file=f"r{n}.pdf", issuer=issuer, year=2021 + n, findings=findings)
        report.source.sha256 = str(n) * 64
        report.save(folder / "sub" / f"r{n}.json")
    return folder


def client(out, **more):
    return TestClient(make_app(out, **more), base_url=HERE)


def ids(http, query=""):
    return re.findall(r"/reports/(\w+)", http.get(f"/?{query}").text)


def data_of(http, report_id):
    page = http.get(f"/reports/{report_id}")
    assert page.status_code == 200
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page.text, re.S)[1])


def post(http, report_id, what="decisions", **body):
    csrf = data_of(http, report_id)["csrf"]
    return http.post(f"/reports/{report_id}/{what}", json=body, headers={"x-gxml-csrf": csrf})


# ---- the list -------------------------------------------------------------------------------------------------------


def test_reports_are_listed_by_status_and_found(out):
    http = client(out)
    assert len(ids(http)) == 3
    assert len(ids(http, "state=open")) == len(ids(http, "state=review")) == 2
    assert len(ids(http, "state=accepted")) == 1 and ids(http, "state=done") == []
    assert ids(http, "q=白石") == ids(http, "year=2022") == ids(http, "q=R1 2022") == [ids(http)[1]]
    assert ids(http, "q=nothing") == [] and len(ids(http, "page=99")) == 3
    for decided, field in enumerate((TOTAL, PERSON)):
        assert len(ids(http, "state=open")) == 2
        assert post(http, ids(http)[0], field=field, kind="accept").json()["left"] == 1 - decided
    assert ids(http, "state=done") == [ids(http)[0]]


def test_a_changed_file_is_seen_and_others_are_not_read_again(out, make_report, monkeypatch):
    index = Index(out)
    before = index.entries()
    monkeypatch.setattr("gxml.review_index.load_json", lambda path: pytest.fail(f"{path} is read again"))
    assert index.entries() == before
    monkeypatch.undo()
    make_report(file="new.pdf", issuer="新机关").save(out / "sub" / "r1.json")
    (out / "sub" / "r2.json").unlink()
    assert [e.file for e in index.entries()] == ["r0.pdf", "new.pdf"]
    assert index.find(before[2].id) is None


def test_flagged_cells_come_errors_first(make_report):
    report = make_report(findings=(found(PERSON, severity="warning"), found(TOTAL), found("x", severity="info")))
    assert flagged(report) == (TOTAL, PERSON)


# ---- one report -----------------------------------------------------------------------------------------------------


def test_a_page_shows_every_cell_of_the_form_in_both_languages(out):
    http = client(out)
    for language in LANGUAGES:
        page = http.get(f"/reports/{ids(http)[0]}?lang={language}").text
        data = data_of(http, ids(http)[0])
        assert set(data["cells"]) == set(re.findall(r'<td class="cell" data-cell="([^"]+)"', page))
        assert texts(language)["accept"] in page and data["texts"] == texts(language)["script"]
        assert data["flagged"] == [PERSON, TOTAL] and data["next"] == ids(http)[1]
    assert set(texts("zh")["script"]) == set(texts("en")["script"])
    assert texts("zh").keys() == texts("en").keys() and len(texts("zh")["keys"]) == len(texts("en")["keys"])


def test_the_page_gets_rules_and_counts_as_python_has_them(make_report):
    report = make_report(
        values={TOTAL: 3, PERSON: None},
        cells={"requests.granted.total": {"value": None, "status": "text", "raw": "—"}},
    )
    seen = view(report)
    assert [(r["id"], r["hard"]) for r in seen["rules"]] == [(r.id, r.hard) for r in section_rules(report.editions)]
    counts = {i: c["count"] for i, c in seen["cells"].items()}
    assert counts == {i: counted(c) for i, c in report.cells.items()}
    broken = {c.rule.id for c in evaluate(report.cells, section_rules(report.editions)) if c.outcome == "broken"}
    sums = {r["id"]: [sum(k * counts[i] for k, i in r[s]) for s in ("left", "right")] for r in seen["rules"]}
    assert broken and all(left != right for left, right in (sums[i] for i in broken))


def test_candidates_come_from_all_that_was_seen(make_report):
    seen = {
        "raw": "8", "value": 8, "second": "3", "candidates": [["8", 0.6], ["3", 0.3], ["x", 0.1], ["5", 0.0001]],
        "first_list": [["3", 0.35]], "again": ["8", "-"], "repair": {"candidates": [["8", 0.7]], "value": 3},
    }  # fmt: skip
    cell = make_report(cells={TOTAL: seen}).cells[TOTAL]
    given = [(c["value"], c["p"]) for c in candidates(cell)]
    assert given == [(8, 0.7), (3, 0.35), (None, None)]
    assert "rules" in candidates(cell)[1]["from"]
    odd = {"candidates": "no list", "first_list": [1, ["2"], [3, 4]], "again": [None], "repair": "?", "second": 5}
    assert [c["value"] for c in candidates(make_report(cells={TOTAL: odd}).cells[TOTAL])] == [0]


def test_decisions_are_kept_shown_and_taken_back(out):
    http = client(out, reviewer="李")
    first = ids(http)[0]
    said = post(http, first, field=TOTAL, kind="correct", value=12.0, comment="see page 2").json()
    one = said["decisions"][TOTAL]
    assert (one["value"], one["kind"], one["by"], one["reading"], said["left"]) == (12, "correct", "李", 0, 1)
    assert said["comments"][TOTAL][0]["comment"] == "see page 2"
    post(http, first, field=TOTAL, kind="source_error", by="王")
    assert data_of(client(out), first)["state"]["decisions"][TOTAL]["by"] == "王"
    assert post(http, first, "undo").json()["undone"] == TOTAL
    assert post(http, first, "undo").json() == {"decisions": {}, "comments": {}, "left": 2, "undone": TOTAL}
    assert post(http, first, "undo").json()["undone"] is None
    log = http.get(f"/reports/{first}/log").json()
    assert [x["kind"] for x in log] == ["correct", "source_error", "undo", "undo"] and all(x["at"] for x in log)


def test_a_decision_outlives_a_new_reading_and_says_that_it_changed(out, make_report):
    http = client(out)
    first = ids(http)[0]
    post(http, first, field=TOTAL, kind="accept")
    report = make_report(file="r0.pdf", values={TOTAL: 5}, findings=(found(TOTAL),))
    report.save(out / "sub" / "r0.json")
    one = data_of(http, first)["state"]["decisions"][TOTAL]
    assert (one["value"], one["reading"], one["changed"]) == (0, 0, True)


@pytest.mark.parametrize(
    "body, status",
    [
        ({"field": "no.such", "kind": "accept"}, 422),
        ({"field": TOTAL, "kind": "undo"}, 422),
        ({"field": TOTAL, "kind": "correct", "value": "7"}, 200),  # a number in quotes is one
        ({"field": TOTAL, "kind": "correct", "value": "=1+1"}, 422),
        ({"field": TOTAL, "kind": "correct", "value": 1e300}, 422),
        ({"field": TOTAL, "kind": "accept", "path": "/etc"}, 422),
        ({"field": TOTAL, "kind": "comment", "comment": "x" * 3000}, 422),
        ({}, 422),
    ],
)
def test_what_is_no_decision_is_refused(out, body, status):
    http = client(out)
    answer = post(http, ids(http)[0], **body)
    assert answer.status_code == status
    assert bool(Decisions(out).decided()) is (status == 200)


def test_a_reviewed_report_becomes_an_annotation(out, make_report):
    http = client(out, reviewer="李")
    first = ids(http)[0]
    assert post(http, first, "annotation").status_code == 422  # nothing is decided
    post(http, first, field=TOTAL, kind="correct", value=4)
    name = post(http, first, "annotation").json()["file"]
    annotation = read_annotation(out / name)
    assert dict(annotation.cells) == {TOTAL: 4}  # the rest is in doubt
    assert (annotation.meta.annotator, annotation.meta.kind, annotation.meta.complete) == ("李", "human", False)
    post(http, first, field=PERSON, kind="correct", value=None)
    post(http, first, "annotation")
    cells = read_annotation(out / name).cells
    assert (cells[TOTAL], cells[PERSON]) == (4, None) and len(cells) == len(make_report().cell_list)
    assert ids(http) == ids(client(out)) and len(ids(http)) == 3  # it is no report


# ---- whom it turns away ---------------------------------------------------------------------------------------------


def test_a_report_whose_text_is_a_script_is_shown_as_text(make_report, tmp_path):
    text = f"{SCRIPT}12</pre><img src=x onerror=alert(2)>"
    report = make_report(
        file=f"{SCRIPT}.pdf", issuer=f'"><img src=x onerror="alert(3)">{SCRIPT}', text=text,
        cells={TOTAL: {"raw": f"</script>{SCRIPT}", "status": "text", "value": None, "span": (25, 27)}},
        findings=(found(TOTAL, message=f"<b>{SCRIPT}</script>"), found(message=f"<i>{SCRIPT}")),
    )  # fmt: skip
    report.save(tmp_path / "a.json")
    http = client(tmp_path)
    (report_id,) = ids(http)
    post(http, report_id, field=TOTAL, kind="comment", comment=f"</script>{SCRIPT}", by="<b>")
    for page in (http.get("/"), http.get(f"/?q={SCRIPT}&year={SCRIPT}&state={SCRIPT}"), http.get(f"/reports/{report_id}")):
        assert page.status_code == 200
        tree = html.document_fromstring(page.text)
        assert [x.get("src") or x.get("id") for x in tree.iter("script")] in ([], ["data", "/static/review.js"])
        assert not [e for e in tree.iter() for name in e.attrib if name.startswith("on") or "javascript:" in e.get(name)]
        assert not tree.xpath("//i | //img[@src] | //b[not(ancestor::nav)]")
        assert "script-src 'self'" in page.headers["content-security-policy"]
    data = data_of(http, report_id)  # and arrives whole
    assert data["cells"][TOTAL]["raw"] == f"</script>{SCRIPT}"
    assert data["state"]["comments"][TOTAL][0]["comment"] == f"</script>{SCRIPT}"


def test_another_page_can_decide_nothing(out):
    http = client(out)
    first = ids(http)[0]
    body, csrf = {"field": TOTAL, "kind": "accept"}, data_of(http, first)["csrf"]
    for headers in (
        {},
        {"x-gxml-csrf": "guess"},
        {"x-gxml-csrf": csrf, "origin": "https://evil.example"},
        {"x-gxml-csrf": csrf, "origin": "null"},
        {"x-gxml-csrf": csrf, "sec-fetch-site": "cross-site"},
    ):
        for what in ("decisions", "undo", "annotation"):
            assert http.post(f"/reports/{first}/{what}", json=body, headers=headers).status_code == 403
    assert Decisions(out).decided() == {} and not (out / "annotations").exists()
    assert http.get(f"/reports/{first}/decisions").status_code == 405
    good = http.post(f"/reports/{first}/decisions", json=body, headers={"x-gxml-csrf": csrf, "origin": HERE})
    assert good.status_code == 200


def test_another_name_of_this_machine_is_not_answered(out):
    for host in ("http://evil.example", "http://127.0.0.1.evil.example", "http://localhost.evil:8321"):
        assert TestClient(make_app(out), base_url=host).get("/").status_code == 421
    for host in ("[", "", "[::1", "127.0.0.1@evil"):
        assert client(out).get("/", headers={"host": host}).status_code == 421
    assert TestClient(make_app(out), base_url="http://localhost:1").get("/").status_code == 200
    assert client(out).get("/", headers={"host": "[::1]:8321"}).status_code == 200


def test_with_a_token_nothing_is_shown_without_it(out):
    token = "t0ken-t0ken-t0ken"
    app = make_app(out, token=token)
    http = TestClient(app, base_url="http://10.0.0.5:8321")
    assert http.get("/").status_code == http.get("/static/review.js").status_code == 401
    assert http.get("/?token=wrong").status_code == 401
    assert http.get("/", headers={"authorization": f"Bearer {token}x"}).status_code == 401
    assert http.get("/", headers={"authorization": f"Bearer {token}"}).status_code == 200
    signed = http.get(f"//evil.example/?token={token}&q=a", follow_redirects=False)
    signed = http.get(f"/?token={token}&q=a", follow_redirects=False)
    assert (signed.status_code, signed.headers["location"]) == (303, "/?q=a")
    assert "HttpOnly" in signed.headers["set-cookie"] and "SameSite=Strict" in signed.headers["set-cookie"]
    assert http.get("/").status_code == 200  # by the cookie


def test_nothing_outside_of_the_folder_is_reached(out, make_report, tmp_path):
    make_report(issuer="秘密").save(tmp_path / "secret.json")
    (out / "link.json").symlink_to(tmp_path / "secret.json")
    http = client(out)
    assert len(ids(http)) == 3 and "秘密" not in http.get("/").text
    for path in (
        "/reports/..%2Fsecret", "/reports/../secret", "/reports/sub%2Fr0", "/reports/%2e%2e", "/static/..%2Freview.py",
        "/static/review.py", "/static/%2Fetc%2Fpasswd", "/reports/x/pages/1", "/openapi.json", "/docs",
    ):  # fmt: skip
        assert http.get(path).status_code == 404, path
    first = ids(http)[0]
    for number in ("1", "0", "-1", "999999999999999999999"):
        assert http.get(f"/reports/{first}/pages/{number}").status_code == 404
    assert http.get(f"/reports/{first}/pages/..%2F1").status_code == 404
    assert http.get(f"/reports/{first}/pages/x").status_code == 422


def test_large_requests_are_refused_however_they_come(out):
    http = client(out)
    first = ids(http)[0]
    headers = {"x-gxml-csrf": data_of(http, first)["csrf"]}
    body = json.dumps({"field": TOTAL, "kind": "comment", "comment": "x" * 100_000}).encode()
    assert http.post(f"/reports/{first}/decisions", content=body, headers=headers).status_code == 413
    pieces = iter([body[:50_000], body[50_000:]])  # without a length
    assert http.post(f"/reports/{first}/decisions", content=pieces, headers=headers).status_code == 413


def test_the_guard_stops_reading_a_body_without_end():
    taken = 0

    async def receive():
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    async def reads_all(scope, receive, send):
        try:
            while True:
                await receive()
        except Exception:
            await send({"type": "http.response.start", "status": 400, "headers": []})

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"host", b"localhost")]}
    asyncio.run(Guard(reads_all, most=10_000)(scope, receive, send))
    assert taken == 11 and [m["status"] for m in sent if "status" in m] == [413]


# ---- pictures -------------------------------------------------------------------------------------------------------


def test_pages_are_drawn_out_of_the_file_with_the_same_bytes(make_report, tmp_path):
    fpdf = pytest.importorskip("fpdf")
    cv2 = pytest.importorskip("cv2")
    import hashlib

    import numpy as np

    pdf = fpdf.FPDF(unit="pt", format=(400, 600))
    pdf.add_page()
    pdf.rect(100, 200, 50, 20, style="F")
    source = tmp_path / "in" / "other name.pdf"
    source.parent.mkdir()
    pdf.output(str(source))
    box = (100.0, 200.0, 150.0, 220.0)
    report = make_report(file="r.pdf", findings=(found(TOTAL),), cells={TOTAL: {"bbox": box}})
    report.source.sha256 = hashlib.sha256(source.read_bytes()).hexdigest()
    report.save(tmp_path / "out" / "r.json")
    http = client(tmp_path / "out", sources=[source.parent])
    (report_id,) = ids(http)
    data = data_of(http, report_id)
    assert data["pictures"] and data["pages"] == [1]
    answer = http.get(f"/reports/{report_id}/pages/1")
    assert answer.headers["content-type"] == "image/jpeg"
    image = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_GRAYSCALE)
    scale = data["dpi"] / 72
    assert image.shape == (round(600 * scale), round(400 * scale))
    x0, y0, x1, y1 = (round(v * scale) for v in box)  # the box lies on what was drawn there
    assert image[y0 + 4 : y1 - 4, x0 + 4 : x1 - 4].max() < 60 and image[y1 + 6 :].min() > 200
    source.unlink()  # kept beside the results, and given only while the file is there
    assert http.get(f"/reports/{report_id}/pages/1").content == answer.content
    assert client(tmp_path / "out").get(f"/reports/{report_id}/pages/1").status_code == 404
    assert http.get(f"/reports/{report_id}/pages/2").status_code in (404, 422)


def test_a_report_without_its_file_shows_its_text(out):
    http = client(out)
    page = http.get(f"/reports/{ids(http)[0]}").text
    assert texts("zh")["no_pages"] in page and '<pre class="text">' in page
