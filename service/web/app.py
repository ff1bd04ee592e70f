"""The page and what it asks for, as one ASGI application behind the guard."""

from __future__ import annotations

import logging
from functools import cache
from pathlib import Path

from anyio.to_thread import run_sync
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from swara.raga.errors import SwaraError

from .compare_routes import compare_routes
from .guard import Access, Guard
from .memory_routes import memory_routes
from .sounds import sound_routes
from .take_routes import take_routes
from .takes import NoSuchTake, Takes
from .uploads import TooLarge

__all__ = ["LOG", "build_app"]

LOG = logging.getLogger("swara.web")

_STATIC = Path(__file__).with_name("static")
_KEPT = {"cache-control": "no-cache"}


def build_app(takes: Takes, access: Access) -> ASGIApp:
    """Return the application.

    Parameters
    ----------
    takes : Takes
        The takes of this run.
    access : Access
        Who may ask.
    """

    async def live(socket: WebSocket) -> None:
        from .live_socket import LiveSocket  # imports what hears

        await LiveSocket(socket, takes).run()

    routes = [
        Route("/", _front),
        Route("/healthz", _health),
        Route("/static/report.css", _report_style),
        Route("/static/report.js", _report_script),
        Route("/static/comparison.js", _comparison_script),
        Mount("/static", StaticFiles(directory=_STATIC)),
        WebSocketRoute("/live", live),
        Route("/api/ragas", _ragas),
        *sound_routes(),
        *memory_routes(takes),
        *take_routes(takes),
        *compare_routes(takes),
    ]
    handlers = {SwaraError: _refused, HTTPException: _http_error, Exception: _fault}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), access)


async def _front(_: Request) -> Response:
    return FileResponse(_STATIC / "index.html", headers=_KEPT)


async def _health(_: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _report_style(_: Request) -> Response:
    return Response(await run_sync(_report_part, "style"), media_type="text/css", headers=_KEPT)


async def _report_script(_: Request) -> Response:
    return Response(await run_sync(_report_part, "script"), media_type="text/javascript", headers=_KEPT)


async def _comparison_script(_: Request) -> Response:
    return Response(await run_sync(_report_part, "comparison"), media_type="text/javascript", headers=_KEPT)


@cache
def _report_part(which: str) -> str:
    from swara.service.report.page.html_page import report_script, report_style

    if which == "comparison":
        from swara.service.report.page.compare_page import comparison_script

        return comparison_script()
    return report_style() if which == "style" else report_script()


async def _ragas(_: Request) -> Response:
    from swara.raga.ragas import RAGAS

    return JSONResponse(
        [{"name": name, "display": raga.display} for name, raga in RAGAS.items()], headers=_KEPT
    )


async def _refused(_: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, NoSuchTake) else 413 if isinstance(error, TooLarge) else 422
    headers = {"connection": "close"} if isinstance(error, TooLarge) else None
    return JSONResponse({"error": str(error)}, status, headers)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": f"{error.detail}."}, error.status_code, error.headers)


async def _fault(request: Request, error: Exception) -> Response:
    LOG.error("a fault in %s %s: %s: %s", request.method, request.url.path, type(error).__name__, error)
    return JSONResponse({"error": "a fault in swara itself; its terminal says more."}, 500)
