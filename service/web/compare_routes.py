"""A take of the page beside a professional's: one that was sent, the nearest known, or another take."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from swara.data.storage.disk import writing
from swara.raga.errors import SwaraError

from .take_routes import attachment, read_object
from .takes import NoSuchTake, Take, Takes, shown_name, sound_of
from .uploads import read_form, settings_of

if TYPE_CHECKING:
    from swara.data.clip import Clip
    from swara.raga.tonic_names import ParsedTonic
    from swara.service.compare.comparison import Comparison
    from swara.service.take.heard import HeardTake

__all__ = ["Guru", "compare_routes"]

_FILES: Final[Mapping[str, str]] = {
    "comparison.json": "application/json",
    "differences.csv": "text/csv; charset=utf-8",
    "comparison.html": "text/html; charset=utf-8",
}


@dataclass(frozen=True, slots=True, eq=False)
class Guru:
    """A professional's take, as it was heard; it enters neither the list of takes nor the history.

    Parameters
    ----------
    name : str
        What the page calls it.
    sound : Path
        Its sound as it was heard, beside that of the take.
    heard : HeardTake
        What was heard of it.
    tonic : ParsedTonic or None
        Its Sa, if it is known.
    """

    name: str
    sound: Path
    heard: HeardTake
    tonic: ParsedTonic | None


def compare_routes(takes: Takes) -> list[Route]:
    """Return the routes under ``/api/takes`` that compare a take with another."""
    turns = CapacityLimiter(1)
    at = "/api/takes/{take}"

    async def choose(request: Request) -> Response:
        take = takes.get(request.path_params["take"])
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            return await _uploaded(request, take, turns)
        said = await read_object(request)
        return JSONResponse(await run_sync(_chosen, takes, take, said, limiter=turns))

    async def show(request: Request) -> Response:
        take = takes.get(request.path_params["take"])
        return HTMLResponse(await run_sync(_fragment, takes, take, limiter=turns))

    async def sound(request: Request) -> Response:
        return FileResponse(_guru_of(takes.get(request.path_params["take"])).sound, media_type="audio/wav")

    async def file(request: Request) -> Response:
        take, name = takes.get(request.path_params["take"]), request.path_params["name"]
        if name not in _FILES:
            raise NoSuchTake(f"no such file; there is {', '.join(_FILES)}")
        content = await run_sync(_written, takes, take, name, limiter=turns)
        kept = attachment(f"{Path(take.name).stem or 'take'}-{name}")
        return Response(content, media_type=_FILES[name], headers={"content-disposition": kept})

    return [
        Route(f"{at}/guru", choose, methods=["POST"]),
        Route(f"{at}/guru.wav", sound),
        Route(f"{at}/compare", show),
        Route(f"{at}/compare/{{name}}", file),
    ]


async def _uploaded(request: Request, take: Take, turns: CapacityLimiter) -> Response:
    form = await read_form(request)
    try:
        files = [each for _, each in form.multi_items() if isinstance(each, UploadFile)]
        if len(files) != 1:
            raise SwaraError("one recording is compared with", fix='Send it as a form, in the field "file"')
        asked = settings_of(form)
        return JSONResponse(await run_sync(_keep, take, files[0], asked, limiter=turns))
    finally:
        await form.close()


def _keep(take: Take, upload: UploadFile, asked: Mapping[str, Any]) -> dict[str, Any]:
    file, name = take.file.with_name("guru.part"), shown_name(upload.filename or "")
    try:
        with writing(Path(name), "the recording cannot be kept", elsewhere=""), file.open("wb") as out:
            shutil.copyfileobj(upload.file, out)
        return _heard(take, file, name, asked)
    finally:
        file.unlink(missing_ok=True)


def _chosen(takes: Takes, take: Take, said: Mapping[str, Any]) -> dict[str, Any]:
    """Take another take of this run for the professional's, or the nearest recording of the store."""
    if said.get("nearest") is True:
        return _nearest(takes, take)
    if not isinstance(said.get("take"), str):
        fix = 'Send a recording, {"take": "..."} or {"nearest": true}'
        raise SwaraError("nothing to compare with was named", fix=fix)
    other = takes.get(said["take"])
    return _heard(take, other.file, other.name, said)


def _nearest(takes: Takes, take: Take) -> dict[str, Any]:
    from swara.data.sample_corpus.corpus import audio_path
    from swara.service.errors import StoreError
    from swara.service.search.phrases import live_phrases, most_alike

    report = takes.judge(take).report
    if take.model is None:
        raise SwaraError("no professional is known", fix="Add recordings of phrases, and run: swara rebuild")
    found = most_alike(report, live_phrases(takes.store, take.model), take.model)
    recording = take.model.recordings().get(found.recording)
    if recording is None:
        raise StoreError(f"the sample {found.recording} is no longer in the corpus", fix="Run swara rebuild")
    return _heard(take, audio_path(recording), found.singer, {"tonic": f"{found.tonic_hz:.3f}"})


def _heard(take: Take, file: Path, name: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    from swara.classifier.pitch.head import pitch_tracker
    from swara.data.audio.decode import decode
    from swara.raga.tonic_names import parse_tonic
    from swara.service.take.heard import hear

    tonic = asked.get("tonic")
    parsed = parse_tonic(str(tonic)) if tonic else None
    try:
        decoded = decode(file)
    except SwaraError as error:
        raise type(error)(error.what, where=name, fix=error.fix) from error
    heard = hear(decoded.clip, pitch_tracker("head"), level=decoded.level, warnings=decoded.warnings)
    sound = take.file.with_name("guru.wav")
    with take.turn:
        decoded.clip.write_wav(sound)
        take.guru = Guru(name, sound, heard, parsed)
    return {"name": name, "duration_s": heard.duration_s}


def _guru_of(take: Take) -> Guru:
    if take.guru is None:
        raise NoSuchTake("nothing to compare this take with was chosen", fix="Send the professional's take")
    return take.guru


def _compared(takes: Takes, take: Take) -> Comparison:
    from swara.service.compare.takes import Asked, compare_takes

    guru, request = _guru_of(take), takes.judge(take).settings.request
    return compare_takes(
        Asked(takes.hear(take), request, take.name),
        Asked(guru.heard, replace(request, tonic=guru.tonic), guru.name),
    )


def _fragment(takes: Takes, take: Take) -> str:
    from swara.service.report.page.compare_page import comparison_fragment

    settings, place = takes.judge(take).settings, f"api/takes/{take.id}"
    return comparison_fragment(
        _compared(takes, take),
        tuning=settings.tuning,
        raga=settings.raga,
        mine_uri=f"{place}/sound.wav",
        guru_uri=f"{place}/guru.wav",
    )


def _written(takes: Takes, take: Take, name: str) -> bytes:
    from swara.service.report.compare_report import comparison_json, findings_csv

    comparison = _compared(takes, take)
    if name == "comparison.json":
        return comparison_json(comparison).encode()
    if name == "differences.csv":
        return findings_csv(comparison).encode()
    from swara.service.report.page.compare_page import comparison_page

    settings = takes.judge(take).settings
    clips = sound_of(take), _sound(_guru_of(take).sound)
    return comparison_page(comparison, *clips, tuning=settings.tuning, raga=settings.raga).encode()


def _sound(file: Path) -> Clip:
    from swara.data.audio.decode import load_clip

    return load_clip(file)
