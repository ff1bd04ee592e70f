"""Recordings that come from the browser: capped in bytes, in number and, once decoded, in length."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any, Final

from anyio.to_thread import run_sync
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.types import Message

from swara.raga.errors import SwaraError

from .takes import Take, Takes, parse_object, read_settings, shown_name

__all__ = ["MOST_BYTES", "MOST_FILES", "TooLarge", "read_form", "receive_takes", "settings_of"]

MOST_BYTES: Final = 400_000_000
"""Bytes of one upload: 20 minutes of 48 kHz stereo in 24 bits are 346 MB."""

MOST_FILES: Final = 20
_MOST_FIELD = 4096


class TooLarge(SwaraError):
    """More was sent than is taken."""


async def receive_takes(request: Request, takes: Takes) -> list[dict[str, Any]]:
    """Keep the recordings of a form, and say of each what became of it, in their order.

    Raises
    ------
    TooLarge
        If the form is larger than `MOST_BYTES`, whatever it said of its length.
    SwaraError
        If it is no form that can be read, or holds no file.
    """
    form = await read_form(request)
    try:
        files = [(name, each) for name, each in form.multi_items() if isinstance(each, UploadFile)]
        if not files:
            raise SwaraError("no file was sent", fix='Send them as a form, in the field "file"')
        asked = settings_of(form)
        await run_sync(read_settings, asked, takes.store)
        return [await run_sync(_outcome, takes, each, asked) for _, each in files]
    finally:
        await form.close()


async def read_form(request: Request) -> FormData:
    """Read a form with files; raises `TooLarge`, and `SwaraError` where it is none."""
    if int(_digits(request.headers.get("content-length", "0"))) > MOST_BYTES:
        raise _too_large()
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise SwaraError("this is no form with files", fix="Send multipart/form-data")
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await request.receive()
        read += len(message.get("body", b""))
        if read > MOST_BYTES:
            raise _too_large()
        return message

    try:
        bounded = Request(request.scope, counted)
        return await bounded.form(max_files=MOST_FILES, max_fields=4, max_part_size=_MOST_FIELD)
    except (HTTPException, MultiPartException, ValueError, KeyError) as error:
        words = str(getattr(error, "detail", error)).rstrip(".")
        raise SwaraError(f"the form cannot be read ({words})") from error


def _digits(text: str) -> str:
    return text if text.isascii() and text.isdecimal() and len(text) < 19 else "0"


def _too_large() -> TooLarge:
    return TooLarge(
        f"more than {MOST_BYTES // 1_000_000} MB were sent at once", fix="Send fewer files, or FLAC or MP3"
    )


def settings_of(form: FormData) -> Mapping[str, Any]:
    """Return the settings that came with a form."""
    given = form.get("settings")
    return parse_object(given) if isinstance(given, str) and given else {}


def _outcome(takes: Takes, file: UploadFile, asked: Mapping[str, Any]) -> dict[str, Any]:
    name = shown_name(file.filename or "")
    try:
        take = _keep(takes, file, name, asked)
    except SwaraError as error:
        # The name stands beside it; said twice it would drown what is wrong.
        words = type(error)(error.what, fix=error.fix) if error.where == name else error
        return {"name": name, "error": str(words)}
    return take.summary()


def _keep(takes: Takes, file: UploadFile, name: str, asked: Mapping[str, Any]) -> Take:
    with takes.arriving("uploaded", name, asked) as take:
        with take.file.open("wb") as out:
            shutil.copyfileobj(file.file, out)
        takes.judge(take)  # what is no recording is not kept
    return take
