"""A file from the network: in parts if need be, with more than one try, and never without end."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPResponse

from data.errors import OutputError

from .errors import writing
from .opening import Patience, Progress, Trouble, as_trouble, open_url
from .part_file import Beginning, PartFile

__all__ = ["download"]

_CHUNK_BYTES = 1 << 16
_REAL_GAIN_BYTES = 1 << 20
"""A try that brought this much was no failure, though the connection broke."""

_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


def download(
    url: str,
    part: PartFile,
    how: Patience,
    *,
    largest_bytes: int,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Download `url` into `part`, going on from what is there of it.

    Parameters
    ----------
    url : str
        http or https.
    part : PartFile
        Whole when this returns; kept when it raises, for the next call to go on.
    how : Patience
    largest_bytes : int
        A longer file is refused.
    progress : callable, optional
        Told how many bytes are there.
    sleep : callable
        Waits for so many seconds.

    Raises
    ------
    Trouble
        The last of several, or the first that another try cannot mend.
    OutputError
        If the disk is full, or may not be written.
    """
    failures = 0
    while True:
        before = part.size_bytes
        try:
            return _attempt(url, part, how, largest_bytes, progress)
        except Trouble as trouble:
            if trouble.start_over:
                part.discard()
            gained = part.size_bytes - before >= _REAL_GAIN_BYTES
            failures = 1 if gained else failures + 1
            if trouble.final(failures, how.tries):
                raise
            if progress:
                progress(f"trying again, since {trouble.reason}", part.size_bytes, None)
            sleep(how.wait_s(failures, trouble.wait_s))


def _attempt(url: str, part: PartFile, how: Patience, largest_bytes: int, progress: Progress | None) -> None:
    known = part.beginning()
    if known is None or known.url != url:
        part.discard()
        known = None
    elif known.total_bytes == part.size_bytes:
        return
    with closing(open_url(url, _headers(part, known), how)) as answer:
        total = _total(answer, url, part, known)
        _check_length(total, largest_bytes)
        _check_space(part, total)
        _append(answer, part, how, total, largest_bytes, progress)


def _headers(part: PartFile, known: Beginning | None) -> dict[str, str]:
    headers = {"User-Agent": "swara", "Accept-Encoding": "identity"}
    if known is not None:
        headers["Range"] = f"bytes={part.size_bytes}-"
        if known.validator:
            headers["If-Range"] = known.validator
    return headers


def _total(answer: HTTPResponse, url: str, part: PartFile, known: Beginning | None) -> int | None:
    """Return the length of the whole file; `part` is emptied unless the answer goes on from its end."""
    if answer.status == 206 and known is not None:
        return _total_of_rest(answer, part.size_bytes, known.total_bytes)
    if answer.status != 200:
        raise Trouble(f"the server answers {answer.status} {answer.reason}", again=False)
    if answer.headers.get_content_type() == "text/html":
        raise Trouble("the server sends a web page, not a file", again=False)
    length = answer.getheader("Content-Length", "")
    total = int(length) if length.isdecimal() else None
    part.begin(Beginning(url, total, _validator(answer)))
    return total


def _total_of_rest(answer: HTTPResponse, begin: int, known_total: int | None) -> int | None:
    found = _CONTENT_RANGE.fullmatch(answer.getheader("Content-Range", ""))
    total = None if found is None or found[2] == "*" else int(found[2])
    another = total is not None and known_total is not None and total != known_total
    if found is None or int(found[1]) != begin or another:
        raise Trouble("the server goes on with another file", again=True, start_over=True)
    return known_total if total is None else total


def _validator(answer: HTTPResponse) -> str | None:
    tag = answer.getheader("ETag", "")
    # A weak one, W/"...", only says that two files mean the same.
    return tag if tag.startswith('"') else answer.getheader("Last-Modified")


def _check_length(total: int | None, largest_bytes: int) -> None:
    if total is not None and total > largest_bytes:
        raise _too_long(largest_bytes)


def _check_space(part: PartFile, total: int | None) -> None:
    if total is None:
        return
    folder = part.path.parent
    with writing(folder):
        free = shutil.disk_usage(folder).free
    needed = total - part.size_bytes
    if free < needed:
        raise OutputError(
            f"{needed / 1e6:.1f} MB are still to come, and {free / 1e6:.1f} MB are free",
            where=str(folder),
            fix="Free some space on the disk, or name another folder with SWARA_MODELS",
        )


def _append(
    answer: HTTPResponse,
    part: PartFile,
    how: Patience,
    total: int | None,
    largest_bytes: int,
    progress: Progress | None,
) -> None:
    size = part.size_bytes
    mark_s, mark_bytes = time.monotonic(), size
    with writing(part.path.parent), part.append() as file:
        while chunk := _read(answer):
            size += len(chunk)
            if size > largest_bytes:
                raise _too_long(largest_bytes)
            file.write(chunk)
            if progress:
                progress("downloading", size, total)
            if time.monotonic() - mark_s > how.stall_s:
                if size - mark_bytes < how.least_bytes:
                    raise Trouble("next to nothing arrives", again=True)
                mark_s, mark_bytes = time.monotonic(), size
    if total is not None and size < total:
        raise Trouble(f"it breaks off after {size} of {total} bytes", again=True)


def _read(answer: HTTPResponse) -> bytes:
    """Return what has arrived, as no failure to write: those are told apart by their type."""
    try:
        return answer.read1(_CHUNK_BYTES)
    except Exception as error:
        raise as_trouble(error) from error


def _too_long(largest_bytes: int) -> Trouble:
    return Trouble(f"it is longer than {largest_bytes / 1e6:.0f} MB", again=False, start_over=True)
