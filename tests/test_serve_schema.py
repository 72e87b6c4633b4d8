"""The service against its own description: what schemathesis makes of it gets answers that are described."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

pytest.importorskip("fastapi", reason="the service needs fastapi")
pytest.importorskip("schemathesis", reason="its interface is tested with schemathesis")

import schemathesis

from gxml.config import Options
from gxml.serve import Jobs, make_app

SHOWN = {"Authorization": "Bearer t0ken-t0ken-t0ken"}  # its client calls another name than this machine's own
_folder = tempfile.TemporaryDirectory(prefix="gxml-serve-")  # nothing is read: the processes are not started
_jobs = Jobs(Path(_folder.name), Options(max_bytes=1000), most_waiting=20)
schema = schemathesis.openapi.from_asgi("/openapi.json", make_app(_jobs, token="t0ken-t0ken-t0ken"), headers=SHOWN)


@pytest.mark.slow
@schema.parametrize()
@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_is_described(case):
    case.call_and_validate(headers=SHOWN)
