"""What can be asked of a take: its report in every form, its sound, another judgement, a correction."""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from swara.data.storage.disk import write_atomically, writing
from swara.raga.errors import SwaraError

from .takes import Judged, NoSuchTake, Take, Takes, parse_object, sound_of
from .uploads import receive_takes

if TYPE_CHECKING:
    from swara.data.clip import Clip
    from swara.service.store import Layout

__all__ = ["attachment", "read_object", "take_routes", "wav_of"]

_MOST_JSON = 65_536

_FILES: Final[Mapping[str, tuple[str, str]]] = {
    "report.json": ("json", "application/json"),
    "notes.csv": ("csv", "text/csv; charset=utf-8"),
    "pitch.csv": ("pitch_csv", "text/csv; charset=utf-8"),
    "report.html": ("page", "text/html; charset=utf-8"),
    "plot.png": ("plot", "image/png"),
    "target.wav": ("target", "audio/wav"),
}
"""Each file that can be had of a take: the field of `TakeFiles` that makes it, and its media type."""


def take_routes(takes: Takes) -> list[Route]:  # noqa: C901  one small function for each route
    """Return the routes under ``/api/takes``."""
    turns = CapacityLimiter(2)  # takes heard at once: more only wait for each other, and for the singers

    def about(work: Callable[[Take, Request], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            take = takes.get(request.path_params["take"])
            return await run_sync(work, take, request, limiter=turns)

        return answer

    async def add(request: Request) -> Response:
        return JSONResponse(await receive_takes(request, takes))

    async def list_all(_: Request) -> Response:
        return JSONResponse([take.summary() for take in takes.all()])

    async def judge(request: Request) -> Response:
        take, asked = takes.get(request.path_params["take"]), await read_object(request)
        settings = asked.get("settings", asked)
        if not isinstance(settings, Mapping):
            raise SwaraError("settings are an object")
        return await run_sync(lambda: _json_report(takes.judge(take, settings)))

    async def correct(request: Request) -> Response:
        take, said = takes.get(request.path_params["take"]), await read_object(request)
        return JSONResponse(await run_sync(_correct, takes, take, said, limiter=turns))

    async def remove(request: Request) -> Response:
        await run_sync(takes.remove, request.path_params["take"])
        return Response(status_code=204)

    at = "/api/takes/{take}"
    return [
        Route("/api/takes", list_all),
        Route("/api/takes", add, methods=["POST"]),
        Route(at, about(lambda take, _: _json_report(takes.judge(take)))),
        Route(at, remove, methods=["DELETE"]),
        Route(f"{at}/judge", judge, methods=["POST"]),
        Route(f"{at}/feedback", correct, methods=["POST"]),
        Route(f"{at}/report", about(lambda take, _: _fragment(takes, take))),
        Route(f"{at}/track", about(lambda take, _: JSONResponse(_track(takes, take)))),
        Route(f"{at}/identify", about(lambda take, _: _identified(takes, take, "sound.json"))),
        Route(f"{at}/identify.png", about(lambda take, _: _identified(takes, take, "sound.png"))),
        Route(f"{at}/sound.wav", about(lambda take, _: _sound(take))),
        Route(f"{at}/nearest/{{number:int}}.wav", about(lambda take, asked: _nearest(takes, take, asked))),
        Route(f"{at}/files/{{name}}", about(lambda take, asked: _file(takes, take, asked))),
    ]


async def read_object(request: Request) -> Mapping[str, Any]:
    """Read the JSON object that was sent; raises `SwaraError` where it is none, or longer than 64 KiB."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > _MOST_JSON:
            raise SwaraError(f"more than {_MOST_JSON} bytes of JSON were sent")
    return parse_object(bytes(body) or b"{}")


def wav_of(clip: Clip) -> bytes:
    """Return a clip as the bytes of a WAV file of 16 bits."""
    import io

    file = io.BytesIO()
    clip.write_wav(file, "PCM_16")
    return file.getvalue()


def _json_report(judged: Judged) -> Response:
    from swara.service.report.json_report import to_json

    return Response(to_json(judged.report), media_type="application/json")


def _fragment(takes: Takes, take: Take) -> Response:
    from swara.service.export.notation_files import written_down
    from swara.service.report.page.html_page import to_fragment
    from swara.service.take.summary import nearest_samples

    report, settings = takes.judge(take)
    tuning, raga = settings.tuning, settings.raga
    near = [] if take.model is None else [each.item for _, each in nearest_samples(report)]
    written = written_down(takes.hear(take), report, settings.request)
    place = f"api/takes/{take.id}"
    page = to_fragment(report, tuning=tuning, raga=raga, place=place, playable=near, notation=written)
    return HTMLResponse(page)


def _track(takes: Takes, take: Take) -> dict[str, Any]:
    """Return the line of a take, from its Sa, as the lane draws it ahead of the singer."""
    import math

    report = takes.judge(take).report
    cents = report.track.cents(report.tonic.hz).tolist()
    shown = [round(each, 1) if math.isfinite(each) else None for each in cents]
    return {
        "start_s": 0.0,
        "hop_s": 0.01,
        "cents": shown,
        "sa": {"hz": report.tonic.hz, "name": report.tonic.name},
    }


def _sound(take: Take) -> Response:
    """Return what was heard of a take; a browser that jumps in it asks for a part."""
    if take.source == "sung":
        return FileResponse(take.file, media_type="audio/wav")
    heard = take.file.with_name("heard.wav")
    with take.turn:
        if not heard.exists():
            sound_of(take).write_wav(heard)
    return FileResponse(heard, media_type="audio/wav")


def _identified(takes: Takes, take: Take, name: str) -> Response:
    """Return which instrument plays which notes in a take, or the picture of it; worked out once."""
    from swara.service.export.sound_file import identify_file
    from swara.service.store import Layout

    file = take.file.with_name(name)
    with take.turn:
        if not file.exists():
            picture, text = file.with_name("sound.png"), file.with_name("sound.json")
            store = Layout(takes.store)
            identify_file(take.file, picture, text, max_duration_s=None, name=take.name, store=store)
    return FileResponse(file, media_type="application/json" if name.endswith("json") else "image/png")


def _nearest(takes: Takes, take: Take, request: Request) -> Response:
    from swara.service.take.summary import nearest_samples

    near, number = nearest_samples(takes.judge(take).report), request.path_params["number"]
    if take.model is None or number >= len(near):
        raise NoSuchTake("the report names no such sample")
    return Response(wav_of(take.model.sound_of(near[number][1].item)), media_type="audio/wav")


def _file(takes: Takes, take: Take, request: Request) -> Response:
    name = request.path_params["name"]
    stem = Path(take.name).stem or "take"
    if name == "take.wav":
        response = _sound(take)
        response.headers["content-disposition"] = 'attachment; filename="take.wav"'
        return response
    if name not in _FILES:
        raise NoSuchTake(f"no such file; there is take.wav, {', '.join(_FILES)}")
    return _written(takes, take, name, stem)


def _written(takes: Takes, take: Take, name: str, stem: str) -> Response:
    import tempfile

    from swara.service.export.take_files import TakeFiles, write_files

    field, media_type = _FILES[name]
    report, settings = takes.judge(take)
    with tempfile.TemporaryDirectory(dir=takes.folder) as folder:
        path = Path(folder) / name
        files, heard = TakeFiles(**{field: path}), takes.hear(take)
        write_files(report, lambda: sound_of(take), settings.request, files, take.model, heard=heard)
        content = path.read_bytes()
    return Response(
        content, media_type=media_type, headers={"content-disposition": attachment(f"{stem}-{name}")}
    )


def attachment(name: str) -> str:
    """Return the header that names a download; a name of any script goes along as RFC 5987 has it."""
    from urllib.parse import quote

    plain = "".join(
        letter if (letter.isascii() and letter.isalnum()) or letter in "-_." else "_" for letter in name
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _in_store(take: Take, store: Layout) -> Path:
    """Keep the sound of a corrected take in the store: a rebuild learns from it when this run is over."""
    kept = store.sounds / f"{take.id}{take.file.suffix}"
    if not kept.exists():
        with writing(kept, "the take cannot be kept", elsewhere=""):
            kept.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(kept, lambda part: shutil.copyfile(take.file, part))
    return kept


def _correct(takes: Takes, take: Take, said: Mapping[str, Any]) -> dict[str, Any]:
    from dataclasses import asdict

    from swara.service.feedback.add import correct_report
    from swara.service.store import Layout

    at_s, swara, verdict = said.get("at_s"), said.get("swara"), said.get("verdict")
    if isinstance(at_s, bool) or not isinstance(at_s, (int, float)):
        raise SwaraError("at_s is no time", fix="Give seconds from the start of the take")
    if not all(each is None or isinstance(each, str) for each in (swara, verdict)):
        raise SwaraError("swara and verdict are text")
    if swara is None and verdict is None:
        raise SwaraError("nothing is said to be wrong", fix="Give swara, verdict or both")
    if verdict not in (None, "perfect", "in tune", "low", "high"):
        raise SwaraError(f'"{str(verdict)[:40]}" is no verdict', fix="Give perfect, in tune, low or high")
    report, settings = takes.judge(take)
    store = Layout(takes.store)
    with take.turn:
        kept = _in_store(take, store)
        try:
            given = correct_report(
                store,
                kept,
                report,
                float(at_s),
                settings.request,
                swara=swara,
                verdict=verdict,
                confirmed=False,
                now=datetime.now(UTC),
            )
        except BaseException:
            if not take.corrected:
                kept.unlink(missing_ok=True)
            raise
        take.corrected = True
    return {key: value for key, value in asdict(given).items() if key != "path"}
