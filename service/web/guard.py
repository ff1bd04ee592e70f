"""Who may ask: the names a request may call this server by, the pages it may come from, and the token.

Loopback is no boundary: any page on the web can send requests there, open a WebSocket to it, and after DNS
rebinding calls it by its own name, with an Origin that equals the Host. So both are held against fixed lists.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["TOKEN_HEADER", "Access", "Guard"]

TOKEN_HEADER: Final = "x-swara-token"  # noqa: S105  the name of a header
"""Where a client that is no browser sends the token."""

_SAFE = frozenset({"GET", "HEAD"})
_OPEN_TO_ALL = "/healthz"
_FRONT = "/"

_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "content-security-policy": (
            "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; worker-src 'self'; object-src"
            " 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        ),
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "microphone=(self), camera=(), geolocation=()",
    }
)
"""On every answer; what is not said here is said by each route, above all how long it may be kept."""


@dataclass(frozen=True, slots=True)
class Access:
    """What lets a request in.

    Parameters
    ----------
    token : str
        The secret of this run; whoever has it may do all that the page can.
    hosts : frozenset of str
        What the Host header may say, in small letters, with the port where a browser would send one.
    origins : frozenset of str
        Which pages may change something or open a WebSocket, such as ``http://localhost:8765``.
    cookie : str
        Name of the cookie; it carries the port, since browsers send a cookie to every port of a host.
    root_path : str
        The path that a proxy puts before ours, without a slash at its end; empty for none.
    """

    token: str = field(repr=False)
    hosts: frozenset[str]
    origins: frozenset[str]
    cookie: str
    root_path: str = ""

    def knows(self, secret: str) -> bool:
        """Tell whether this is the token, in a time that does not depend on how much of it is right."""
        return hmac.compare_digest(secret.encode(), self.token.encode())

    def set_cookie(self, host: str) -> str:
        """Return the value of the header that has a browser keep the token until it is closed."""
        secure = "; Secure" if f"https://{host}" in self.origins else ""
        return f"{self.cookie}={self.token}; Path={self.root_path or '/'}; HttpOnly; SameSite=Strict{secure}"


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a request does not get in.

    Parameters
    ----------
    status : int
        The HTTP status.
    words : str
        One line.
    """

    status: int
    words: str


class Guard:
    """ASGI middleware that lets in what `access` allows, and sets the headers that browsers go by.

    Parameters
    ----------
    app : ASGI application
        What lies behind.
    access : Access
        What lets a request in.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        scope["root_path"] = self._access.root_path
        refusal, welcome = self._examine(scope)
        if refusal is None:
            await self._app(scope, receive, _with_headers(send, welcome))
        elif scope["type"] == "websocket":
            await receive()  # the wish to connect
            await send({"type": "websocket.close", "code": 1008, "reason": refusal.words})
        else:
            await _answer(scope, refusal)(scope, receive, _with_headers(send, None))

    def _examine(self, scope: Scope) -> tuple[_Refusal | None, str | None]:
        """Return why a request does not get in, or None; and the cookie to set, or None."""
        headers, path = Headers(scope=scope), self._path(scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower() not in self._access.hosts:
            return _Refusal(421, "no server of that name is here: open the address that swara printed"), None
        if any(origin not in self._access.origins for origin in origins):
            return _Refusal(403, "a page from elsewhere may not ask this"), None
        changes = scope["type"] == "websocket" or scope["method"] not in _SAFE
        if not changes and path == _OPEN_TO_ALL:
            return None, None
        if self._access.knows(_sent_token(headers)):
            return None, None
        if changes and not origins:
            return _Refusal(403, f"without an Origin the token must stand in the header {TOKEN_HEADER}"), None
        if self._access.knows(cookie_parser(headers.get("cookie", "")).get(self._access.cookie, "")):
            return None, None
        if not changes and path == _FRONT and self._access.knows(_token_in_url(scope)):
            return None, self._access.set_cookie(hosts[0].lower())
        return _Refusal(401, "open the address that swara printed: it holds the token of this run"), None

    def _path(self, scope: Scope) -> str:
        root, path = self._access.root_path, str(scope["path"])
        inside = root and (path == root or path.startswith(f"{root}/"))
        return (path[len(root) :] or _FRONT) if inside else path


def _with_headers(send: Send, cookie: str | None) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-store")
            if cookie is not None:
                headers.append("set-cookie", cookie)
        await send(message)

    return sending


def _answer(scope: Scope, refusal: _Refusal) -> Response:
    if scope["method"] in _SAFE and "text/html" in Headers(scope=scope).get("accept", ""):
        return PlainTextResponse(f"swara: {refusal.words}.\n", refusal.status)
    return JSONResponse({"error": refusal.words}, refusal.status, {"connection": "close"})


def _sent_token(headers: Headers) -> str:
    """Return the token in a header, which no page from elsewhere can set without being asked about first."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    return headers.get(TOKEN_HEADER) or (bearer.strip() if scheme.lower() == "bearer" else "")


def _token_in_url(scope: Scope) -> str:
    tokens = parse_qs(bytes(scope["query_string"]).decode("latin-1")).get("token", [])
    return tokens[0] if len(tokens) == 1 else ""
