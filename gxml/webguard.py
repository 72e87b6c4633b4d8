"""What stands before gxml's web pages: whose requests are let in, how large they may be, what a browser may do.

A server on this machine is within reach of every web page that is open in its browser. So a name that is not this
machine's (DNS rebinding), a request that another page sends (CSRF), and a body without end are turned away here,
before any of it is looked at.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

COOKIE = "gxml_token"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches a server that is bound to this host."""
    return host.strip("[]") in LOOPBACK


class _TooLarge(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Guard:
    """An ASGI application around another.

    Attributes:
        app: The other one.
        token: What every request must show, as a cookie or as `Authorization: Bearer`; None lets in all that this
            machine's own name calls.
        most: Bytes that a request may have.
    """

    app: App
    token: str | None = None
    most: int = 1 << 16

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {k.decode("latin-1").lower(): v.decode("latin-1") for k, v in scope["headers"]}
        refused = self._refused(scope, headers)
        if refused:
            await _answer(send, *refused)
            return
        given = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        if self.token and self._known(given.get("token", [""])[0]) and scope["method"] == "GET":
            await self._signed_in(scope, send, given)
            return
        if self.token and not self._known(_shown(headers)):
            hint = "A token is needed: open the address that gxml printed, or send Authorization: Bearer TOKEN."
            await _answer(send, 401, hint, [(b"www-authenticate", b"Bearer")])
            return
        await self._passed(scope, receive, send)

    def _refused(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        name = _split(f"//{host}")[0]
        if self.token is None and name not in LOOPBACK:
            return 421, "This server answers to 127.0.0.1 and localhost alone."
        if scope["method"] not in SAFE:
            origin = headers.get("origin")
            if origin is not None and _split(origin)[1] != host:
                return 403, "This request comes from another page."
            if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
                return 403, "This request comes from another page."
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > self.most:
            return 413, f"A request may have {self.most:,} bytes."
        return None

    def _known(self, shown: str) -> bool:
        return bool(self.token) and secrets.compare_digest(shown.encode(), str(self.token).encode())

    async def _signed_in(self, scope: Scope, send: Send, given: dict[str, list[str]]) -> None:
        """Keep the token as a cookie, and out of the address."""
        rest = urlencode({k: v for k, v in given.items() if k != "token"}, doseq=True)
        # the path begins with one slash: two would lead to another host
        place = "/" + str(scope["path"]).lstrip("/\\") + (f"?{rest}" if rest else "")
        cookie = f"{COOKIE}={self.token}; HttpOnly; SameSite=Strict; Path=/"
        where = [(b"location", place.encode("ascii", "replace")), (b"set-cookie", cookie.encode())]
        await _answer(send, 303, "", where)

    async def _passed(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken, begun, over = 0, False, False

        async def counted() -> Message:
            nonlocal taken, over
            message = await receive()
            taken += len(message.get("body", b""))
            over = taken > self.most
            if over:
                raise _TooLarge
            return message

        async def marked(message: Message) -> None:
            nonlocal begun
            if over and not begun:  # what the application makes of it is no answer
                return
            if message["type"] == "http.response.start":
                begun = True
                own = {k.lower() for k, _ in message.get("headers", [])}
                added = [(k, v) for k, v in HEADERS if k not in own]
                message = {**message, "headers": [*message.get("headers", []), *added]}
            await send(message)

        with suppress(_TooLarge):
            await self.app(scope, counted, marked)
        if over and not begun:
            await _answer(send, 413, f"A request may have {self.most:,} bytes.")


def _split(address: str) -> tuple[str, str]:
    """Return the host of an address, without and with the port; "" where it is none."""
    try:
        parts = urlsplit(address)
        return parts.hostname or "", parts.netloc
    except ValueError:
        return "", ""


def _shown(headers: dict[str, str]) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


async def _answer(send: Send, status: int, text: str, more: list[tuple[bytes, bytes]] | None = None) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), *HEADERS, *(more or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": text.encode()})
