"""The service: a file is uploaded, becomes a job, gives a report; and whom it turns away."""

import json
import re
import shlex
import time
import tomllib

import pytest
from conftest import ROOT
from typer.testing import CliRunner

import gxml
from gxml import cli, shipped
from gxml.config import Options
from gxml.report import Report

pytest.importorskip("fastapi", reason="the service needs fastapi")
pytest.importorskip("multipart", reason="uploads need python-multipart")
pytest.importorskip("httpx", reason="its tests need httpx")

from fastapi.testclient import TestClient

from gxml.serve import Jobs, make_app, wait

HERE = "http://127.0.0.1:8322"
PATIENCE = 100.0


@pytest.fixture
def idle(tmp_path):
    """A service that reads nothing: its processes are not started."""
    jobs = Jobs(tmp_path / "jobs", Options(max_bytes=5000), most_waiting=3)
    return jobs, TestClient(make_app(jobs), base_url=HERE)


def page():
    with shipped.sample() as path:
        return path.with_suffix(".html").read_bytes()


@pytest.mark.slow
def test_a_file_becomes_a_job_and_gives_the_report_that_gxml_reads(tmp_path):
    jobs = Jobs(tmp_path / "jobs")
    with TestClient(make_app(jobs), base_url=HERE) as http:
        sent = http.post("/api/jobs", files={"file": ("年报 2024.html", page())})
        assert sent.status_code == 202
        job = sent.json()
        assert (job["file"], job["state"], job["error"]) == ("年报 2024.html", "queued", None)
        bad = http.post("/api/jobs", files={"file": ("bad.pdf", b"%PDF-1.7 nothing")}).json()
        done = wait(jobs, job["id"], PATIENCE)
        assert (done.state, done.status) == ("done", "accepted")
        assert http.get(f"/api/jobs/{job['id']}").json() == done.model_dump()
        report = Report.model_validate(http.get(f"/api/jobs/{job['id']}/result").json())
        with shipped.sample() as path:
            known = gxml.read(path.with_suffix(".html"))
        assert report.source.file == "年报 2024.html"
        assert report.cells == known.cells and report.facts == known.facts and report.findings == known.findings
        assert http.get(f"/api/jobs/{job['id']}/text").text == known.text
        failed = wait(jobs, bad["id"], PATIENCE)
        assert failed.state == "failed" and failed.error and failed.hint
        assert str(tmp_path) not in failed.error and "upload" not in failed.error
        assert http.get(f"/api/jobs/{bad['id']}/result").status_code == 409
        assert http.delete(f"/api/jobs/{job['id']}").status_code == 204
        assert http.get(f"/api/jobs/{job['id']}").status_code == 404
        assert [p.name for p in (tmp_path / "jobs").iterdir()] == [bad["id"]]
        assert list((tmp_path / "jobs" / bad["id"]).iterdir()) == []  # what was uploaded is not kept


@pytest.mark.slow
def test_a_file_that_takes_too_long_fails_and_the_next_is_read(tmp_path):
    jobs = Jobs(tmp_path / "jobs", time_limit=0.01, most_kept=1)
    with TestClient(make_app(jobs), base_url=HERE) as http:
        ids = [http.post("/api/jobs", files={"file": ("a.html", page())}).json()["id"] for _ in range(2)]
        last = wait(jobs, ids[1], PATIENCE)
        assert last.state == "failed" and "longer than" in last.error
        until = time.monotonic() + PATIENCE
        while jobs.find(ids[0]) and time.monotonic() < until:  # older ones are forgotten
            time.sleep(0.05)
        assert jobs.find(ids[0]) is None and [p.name for p in (tmp_path / "jobs").iterdir()] == [ids[1]]


def test_jobs_wait_until_they_are_too_many(idle):
    _, http = idle
    first = http.post("/api/jobs", files={"file": ("a.txt", b"x")}).json()["id"]
    for _ in range(2):
        assert http.post("/api/jobs", files={"file": ("a.txt", b"x")}).status_code == 202
    assert http.get("/api/health").json() == {"version": gxml.__version__, "queued": 3, "running": 0}
    refused = http.post("/api/jobs", files={"file": ("a.txt", b"x")})
    assert refused.status_code == 503 and refused.headers["retry-after"]
    assert http.get(f"/api/jobs/{first}/result").status_code == 409
    assert http.delete(f"/api/jobs/{first}").status_code == 204
    assert http.delete(f"/api/jobs/{first}").status_code == 404
    assert http.post("/api/jobs", files={"file": ("a.txt", b"x")}).status_code == 202


@pytest.mark.parametrize(
    "name", ["../../evil.html", "/etc/passwd", "..\\..\\evil.pdf", "a\x00b.pdf", "x" * 1000 + ".pdf", ".html", "..", "a.exe"]
)
def test_the_name_of_a_file_leads_nowhere(idle, tmp_path, name):
    jobs, http = idle
    sent = http.post("/api/jobs", files={"file": (name, b"x")})
    assert sent.status_code == 202
    job = jobs.find(sent.json()["id"])
    written = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert written == [job.upload] and re.fullmatch(r"upload(\.(html|pdf))?", job.upload.name)
    assert job.folder.parent == tmp_path / "jobs"
    assert "/" not in job.file and "\\" not in job.file and len(job.file) <= 200


def test_large_files_are_refused_before_they_are_kept(tmp_path):
    jobs = Jobs(tmp_path / "jobs", Options(max_bytes=5000))
    http = TestClient(make_app(jobs), base_url=HERE)
    assert http.post("/api/jobs", files={"file": ("a.txt", b"x" * 1_200_000)}).status_code == 413
    pieces = iter([b"x" * 600_000] * 3)
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert http.post("/api/jobs", content=pieces, headers=headers).status_code == 413
    assert jobs.count("queued") == 0 and list((tmp_path / "jobs").iterdir()) == []


def test_other_pages_and_other_names_send_nothing(idle):
    jobs, http = idle
    form = {"file": ("a.txt", b"x")}
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"host": "evil.example"}):
        assert http.post("/api/jobs", files=form, headers=headers).status_code in (403, 421)
    token = "t0ken-t0ken-t0ken"
    safe = TestClient(make_app(jobs, token=token), base_url="http://10.0.0.5:8322")
    assert safe.post("/api/jobs", files=form).status_code == safe.get("/openapi.json").status_code == 401
    assert jobs.count("queued") == 0
    assert safe.post("/api/jobs", files=form, headers={"authorization": f"Bearer {token}"}).status_code == 202


def test_what_is_no_upload_or_no_job_is_said_so(idle, tmp_path):
    _, http = idle
    assert http.post("/api/jobs").status_code == 422
    assert http.post("/api/jobs", data={"file": "text"}).status_code == 422
    for job in ("..%2F..", "%2e%2e", "x" * 24, "\u62a5"):
        for rest in ("", "/result", "/text"):
            assert http.get(f"/api/jobs/{job}{rest}").status_code == 404
    assert http.get("/api/jobs/" + "x" * 101).status_code == 422
    wrong = http.put("/api/jobs/x")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "DELETE, GET")


def test_the_interface_is_described(idle):
    _, http = idle
    described = http.get("/openapi.json").json()
    assert described["openapi"].startswith("3.")
    assert set(described["paths"]) == {
        "/api/health", "/api/jobs", "/api/jobs/{job_id}", "/api/jobs/{job_id}/result", "/api/jobs/{job_id}/text",
    }  # fmt: skip
    result = described["paths"]["/api/jobs/{job_id}/result"]["get"]["responses"]["200"]["content"]["application/json"]
    assert result["schema"]["$ref"].endswith("/Report")
    assert set(described["paths"]["/api/jobs"]["post"]["responses"]) == {"202", "400", "413", "422", "503"}
    assert "/work" not in json.dumps(described)


def test_a_server_for_other_machines_has_a_token():
    from gxml.cli_review import token_for
    from gxml.errors import UsageError

    assert token_for("127.0.0.1", None) is token_for("::1", None) is token_for("localhost", None) is None
    made = token_for("0.0.0.0", None)
    assert len(made) >= 16 and made != token_for("0.0.0.0", None)
    assert token_for("127.0.0.1", "x" * 16) == "x" * 16
    for bad in ("short", "with space " * 3, "x" * 20 + "\n", ""):
        with pytest.raises(UsageError):
            token_for("0.0.0.0", bad)


def test_the_container_runs_what_there_is():
    lines = (ROOT / "Containerfile").read_text("utf-8").replace("\\\n", "").splitlines()
    steps = [(x.split()[0], x.partition(" ")[2]) for x in lines if x and not x.startswith("#")]
    said = dict(steps)
    assert re.search(r":\d+\.\d+", said["FROM"]) and said["USER"] not in ("root", "0")
    order = [name for name, _ in steps]
    assert order.index("USER") < order.index("CMD") and order.index("USER") > max(i for i, n in enumerate(order) if n == "RUN")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (install,) = [x for n, x in steps if n == "RUN" and "pip install" in x]
    for extra in re.search(r'"\.\[(.*?)\]"', install)[1].split(","):
        assert extra in project["optional-dependencies"]
    for name, what in steps:
        if name == "COPY":
            assert all((ROOT / x).exists() for x in shlex.split(what)[:-1])
    assert json.loads(said["ENTRYPOINT"]) == ["gxml"] and "gxml" in project["scripts"]
    command = json.loads(said["CMD"])
    help_text = CliRunner().invoke(cli.app, [command[0], "--help"], env={"COLUMNS": "200"}).output
    assert command[0] == "serve" and all(x in help_text for x in command[1:] if x.startswith("--"))
    assert said["EXPOSE"] == command[command.index("--port") + 1]
    assert said["VOLUME"] == command[command.index("--out") + 1]
