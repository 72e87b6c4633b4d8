"""`gxml review`: a local page on which people look at what was flagged, and decide.

Pages are made by the server; a small script, without which nothing is decided, does keys, hovering and sums. Reports
are found by ids that say nothing about paths. `gxml.webguard` stands before all of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, FunctionLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from .decisions import MOST_COMMENT, MOST_NAME, Decisions
from .errors import GxmlError, InputError, UsageError
from .export import load_json
from .ledger import FOLDER
from .report import Number, Report
from .review_annotation import save_annotation
from .review_index import Entry, Index, left
from .review_pages import DPI, PageImages
from .review_texts import LANGUAGES, texts
from .review_view import decisions_view, view
from .webguard import Guard

PER_PAGE = 100
"""Reports on one page of the list."""
MOST_BYTES = 1 << 16
"""Of a request: a decision is small."""
ANNOTATIONS = "annotations"
"""Folder, in the output folder, of the annotations that are made."""
_STATIC = {"review.js": "text/javascript", "review.css": "text/css"}


class Decide(BaseModel):
    """What the page sends for one cell."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(max_length=200)
    kind: Literal["accept", "correct", "source_error", "comment"]
    value: int | float | None = None
    comment: str = Field("", max_length=MOST_COMMENT)
    by: str = Field("", max_length=MOST_NAME)


class By(BaseModel):
    """Who asks for something that is no decision."""

    model_config = ConfigDict(extra="forbid")

    by: str = Field("", max_length=MOST_NAME)


class Review:
    """What the routes share.

    Args:
        out: Where gxml extract wrote to.
        sources: Folders of the files that were read, for the pictures of their pages.
        reviewer: Who decides, where the page does not say so.
        password: Of encrypted PDF files.
    """

    def __init__(self, out: Path, sources: Sequence[Path], reviewer: str, password: str | None) -> None:
        self.out, self.reviewer = out, reviewer
        self.index = Index(out)
        self.decisions = Decisions(out)
        self.pages = PageImages(sources, out / FOLDER / "pages", password)
        self.csrf = secrets.token_urlsafe(24)

    def entry(self, report_id: str) -> Entry:
        """Return the report of an address, or end with 404."""
        entry = self.index.find(report_id)
        if entry is None:
            raise HTTPException(404, "There is no such report.")
        return entry

    def load(self, report_id: str) -> Report:
        """Return the report itself."""
        return load_json(self.entry(report_id).path)

    def state(self, report: Report) -> dict[str, Any]:
        """Return what is decided about a report."""
        sha = report.source.sha256
        log = self.decisions.log(sha)
        return decisions_view(report, log, self.decisions.in_force(sha))


def make_app(
    out: Path,
    sources: Sequence[Path] = (),
    *,
    reviewer: str = "reviewer",
    token: str | None = None,
    password: str | None = None,
) -> Guard:
    """Return the application for a server.

    Args:
        out: Where gxml extract wrote to; decisions are kept in it.
        sources: Folders of the files that were read; without them there are no pictures of pages.
        reviewer: Who decides, where the page does not say so.
        token: What each request must show; demanded where other machines reach the server.
        password: Of encrypted PDF files.

    Raises:
        OutputError: The decisions cannot be kept.
    """
    work = Review(out, sources, reviewer, password)
    app = FastAPI(title="gxml review", docs_url=None, redoc_url=None, openapi_url=None)
    app.exception_handler(GxmlError)(_failed)

    def same_page(x_gxml_csrf: Annotated[str, Header()] = "") -> None:
        # no other page can read this one, nor send a header of its own
        if not secrets.compare_digest(x_gxml_csrf.encode(), work.csrf.encode()):
            raise HTTPException(403, "This page is out of date: load it again.")

    posted = [Depends(same_page)]
    app.get("/", response_class=HTMLResponse)(_list_of(work))
    app.get("/reports/{report_id}", response_class=HTMLResponse)(_page_of(work))

    @app.get("/reports/{report_id}/pages/{number}")
    def page(report_id: str, number: int) -> Response:
        picture = work.pages.jpeg(work.load(report_id), number)
        if picture is None:
            raise HTTPException(404, "The file of this report is not there.")
        return Response(picture, media_type="image/jpeg", headers={"cache-control": "private, max-age=3600"})

    @app.get("/reports/{report_id}/log")
    def log(report_id: str) -> JSONResponse:
        lines = work.decisions.log(work.load(report_id).source.sha256)
        return JSONResponse([{s: getattr(d, s) for s in d.__slots__} for d in lines])

    @app.post("/reports/{report_id}/decisions", dependencies=posted)
    def decide(report_id: str, said: Decide) -> JSONResponse:
        report = work.load(report_id)
        by = said.by.strip() or work.reviewer
        value = _whole(said.value)
        work.decisions.add(report, said.field, said.kind, by=by, value=value, comment=said.comment)
        return JSONResponse(work.state(report))

    @app.post("/reports/{report_id}/undo", dependencies=posted)
    def undo(report_id: str, said: By) -> JSONResponse:
        report = work.load(report_id)
        line = work.decisions.undo(report.source.sha256, by=said.by.strip() or work.reviewer)
        return JSONResponse({**work.state(report), "undone": line.field if line else None})

    @app.post("/reports/{report_id}/annotation", dependencies=posted)
    def annotation(report_id: str, said: By) -> JSONResponse:
        report = work.load(report_id)
        made = work.decisions.in_force(report.source.sha256)
        by = said.by.strip() or work.reviewer
        path = save_annotation(report, made, work.out / ANNOTATIONS, by, date.today().isoformat())
        return JSONResponse({"file": str(path.relative_to(work.out))})

    @app.get("/favicon.ico")
    def icon() -> Response:
        return Response(status_code=204)

    @app.get("/static/{name}")
    def static(name: str) -> Response:
        if name not in _STATIC:
            raise HTTPException(404)
        return Response(_resource(name), media_type=f"{_STATIC[name]}; charset=utf-8")

    return Guard(app, token, MOST_BYTES)


def _failed(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, GxmlError)
    status = 422 if isinstance(error, UsageError) else 404 if isinstance(error, InputError) else 500
    return JSONResponse({"detail": error.message, "hint": error.hint}, status)


def _whole(value: Number | None) -> Number | None:
    return int(value) if isinstance(value, float) and value.is_integer() else value


# ---- pages ----------------------------------------------------------------------------------------------------------


def _list_of(work: Review) -> Callable[..., HTMLResponse]:
    def listed(request: Request, q: str = "", state: str = "", year: str = "", page: int = 1) -> HTMLResponse:
        entries = work.index.entries()
        decided = work.decisions.decided()
        lines = [(e, left(e, decided.get(e.sha256, ()))) for e in entries]
        states = {
            "open": [x for x in lines if x[1]],
            "done": [x for x in lines if x[0].flagged and not x[1]],
            "accepted": [x for x in lines if x[0].status == "accepted"],
            "review": [x for x in lines if x[0].status == "review"],
        }
        words = q.casefold().split()
        shown = [
            (e, n)
            for e, n in states.get(state, lines)
            if (not year or e.year == year)
            and all(w in f"{e.issuer} {e.file} {e.name} {e.year}".casefold() for w in words)
        ]
        pages = max(1, -(-len(shown) // PER_PAGE))
        page = min(max(1, page), pages)
        return _render(
            request,
            "review_list.html.j2",
            lines=shown[(page - 1) * PER_PAGE : page * PER_PAGE],
            total=len(shown),
            counts={"": len(lines)} | {k: len(v) for k, v in states.items()},
            years=sorted({e.year for e in entries if e.year}),
            asked={"q": q, "state": state, "year": year},
            page=page,
            pages=pages,
        )

    return listed


def _page_of(work: Review) -> Callable[..., HTMLResponse]:
    def shown(request: Request, report_id: str) -> HTMLResponse:
        entry = work.entry(report_id)
        report = load_json(entry.path)
        decided = work.decisions.decided()
        waiting = [e for e in work.index.entries() if e.id != report_id and left(e, decided.get(e.sha256, ()))]
        follows = next((e.id for e in waiting if e.name > entry.name), waiting[0].id if waiting else "")
        seen = view(report)
        pictures = work.pages.has(report)
        data = {k: seen[k] for k in ("cells", "flagged", "rules", "pages")} | {
            "id": report_id,
            "csrf": work.csrf,
            "next": follows,
            "pictures": pictures,
            "dpi": DPI,
            "state": work.state(report),
            "reviewer": work.reviewer,
            "texts": texts(_language(request))["script"],
        }
        sides = {k: seen[k] for k in ("tables", "cells", "text", "general")}
        return _render(
            request, "review_report.html.j2", entry=entry, report=report, data=data, pictures=pictures, **sides
        )

    return shown


def _language(request: Request) -> str:
    asked = request.query_params.get("lang") or request.cookies.get("gxml_lang", "")
    if asked in LANGUAGES:
        return asked
    accepted = request.headers.get("accept-language", "").lower()
    return "en" if accepted.startswith("en") else "zh"


def _render(request: Request, name: str, **what: Any) -> HTMLResponse:
    language = _language(request)
    page = _templates().get_template(name).render(t=texts(language), lang=language, **what)
    response = HTMLResponse(page)
    if request.query_params.get("lang") == language:
        response.set_cookie("gxml_lang", language, samesite="strict", httponly=True, max_age=31_536_000)
    return response


@cache
def _templates() -> Environment:
    return Environment(
        loader=FunctionLoader(_resource),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _resource(name: str) -> str:
    return resources.files("gxml").joinpath(name).read_text("utf-8")
