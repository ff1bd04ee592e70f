"""What is remembered from day to day: choices, what takes were like; and so, what to drill."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from swara.raga.errors import SwaraError

from .take_routes import read_object
from .takes import Takes, read_settings

if TYPE_CHECKING:
    from swara.service.history.takes import TakeHistory
    from swara.service.live import SwaraRecord

__all__ = ["memory_routes"]


def memory_routes(takes: Takes) -> list[Route]:
    """Return the routes ``/api/choices``, ``/api/history`` and ``/api/drills``."""

    async def choices(request: Request) -> Response:
        from swara.service.history.choices import load_choices, save_choices
        from swara.service.store import Layout

        store = Layout(takes.store)
        if request.method == "PUT":
            chosen = await run_sync(save_choices, store, await read_object(request))
        else:
            chosen = await run_sync(load_choices, store)
        return JSONResponse(asdict(chosen))

    async def history(_: Request) -> Response:
        return Response(await run_sync(_history_json, takes), media_type="application/json")

    async def table(_: Request) -> Response:
        headers = {"content-disposition": 'attachment; filename="swara-history.csv"'}
        text = await run_sync(_history_csv, takes)
        return PlainTextResponse(text, headers=headers, media_type="text/csv; charset=utf-8")

    async def forget(request: Request) -> Response:
        await run_sync(_history_of(takes).delete, request.path_params.get("number"))
        return Response(status_code=204)

    async def drills(_: Request) -> Response:
        from swara.service.live import drill_plans

        return JSONResponse({"drills": [asdict(plan) for plan in drill_plans()]})

    async def drill(request: Request) -> Response:
        return JSONResponse(await run_sync(_next_task, takes, await read_object(request)))

    return [
        Route("/api/drills", drills),
        Route("/api/drills/next", drill, methods=["POST"]),
        Route("/api/choices", choices, methods=["GET", "PUT"]),
        Route("/api/history", history),
        Route("/api/history", forget, methods=["DELETE"]),
        Route("/api/history/{number:int}", forget, methods=["DELETE"]),
        Route("/api/history.csv", table),
    ]


def _history_of(takes: Takes) -> TakeHistory:
    from swara.service.history.takes import TakeHistory
    from swara.service.store import Layout

    return TakeHistory(Layout(takes.store))


def _history_json(takes: Takes) -> str:
    from swara.service.history.export import history_json

    return history_json(_history_of(takes).takes(), why_not=takes.stored.why_not_kept())


def _history_csv(takes: Takes) -> str:
    from swara.service.history.export import history_csv

    return history_csv(_history_of(takes).takes())


def _next_task(takes: Takes, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Take what is written, or choose what to sing next, the swaras sung worst so far more often."""
    import numpy as np

    from swara.service.live import next_task, task_message, written_task

    settings, free = read_settings(asked.get("settings"), takes.store), asked.get("octave_free") is not False
    if (notation := asked.get("notation")) is not None:
        if not isinstance(notation, str):
            raise SwaraError("this is no text", where="notation", fix='Write such as "S R G"')
        return task_message(written_task(notation, settings.raga, settings.tuning, octave_free=free))
    task = next_task(
        asked.get("kind"),  # type: ignore[arg-type]  # whatever it is, it is looked at there
        settings.raga,
        settings.tuning,
        rng=np.random.default_rng(),
        done=asked.get("done", ()),
        history=_records(takes),
        octave_free=free,
    )
    return task_message(task)


def _records(takes: Takes) -> dict[str, SwaraRecord]:
    """Return how each swara was sung so far, in all saptaks together; nothing where that cannot be read."""
    from swara.service.history.trends import swara_trends
    from swara.service.live import SwaraRecord

    try:
        trends = swara_trends(_history_of(takes).takes())
    except SwaraError:
        return {}
    records: dict[str, SwaraRecord] = {}
    for trend in trends:
        before = records.get(trend.swara, SwaraRecord(0, 0))
        held = before.held + trend.notes
        bias = (before.bias_cents * before.held + trend.bias_cents * trend.notes) / held if held else 0.0
        in_tune = before.in_tune + round(trend.in_tune_share * trend.notes)
        records[trend.swara] = SwaraRecord(held, in_tune, bias)
    return records
