"""A file from the network: in parts if need be, with more than one try, and never without end."""

from __future__ import annotations

import errno
import http.client
import json
import re
import shutil
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from http.client import HTTPResponse
from io import BufferedWriter
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO, Any, TypeAlias

from swara.data.errors import OutputError
from swara.embedder.errors import writing

__all__ = ["Beginning", "PartFile", "Patience", "Progress", "Trouble", "as_trouble", "download", "open_url"]


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a download began with.

    Parameters
    ----------
    url : str
    total_bytes : int or None
        Length of the whole file, where the server said it.
    validator : str or None
        The ``ETag``, if it is a strong one, or the date of the last change: if it is another one when the
        download goes on, so is the file.
    """

    url: str
    total_bytes: int | None
    validator: str | None


@dataclass(frozen=True, slots=True)
class PartFile:
    """The part at `path`, and a note beside it on what it is a part of."""

    path: Path

    @property
    def note(self) -> Path:
        """Holds the `Beginning`."""
        return self.path.with_name(self.path.name + ".json")

    @property
    def size_bytes(self) -> int:
        """How much there is."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def beginning(self) -> Beginning | None:
        """Return what this is a part of; None if there is nothing, or the note cannot be read."""
        try:
            values = json.loads(self.note.read_bytes())
            found = Beginning(**values)
        except (OSError, ValueError, TypeError):
            return None
        total = found.total_bytes
        return None if not self.size_bytes or (total is not None and self.size_bytes > total) else found

    def begin(self, beginning: Beginning) -> None:
        """Drop what there is, and note what is to come."""
        with writing(self.path.parent):
            self.path.write_bytes(b"")
            self.note.write_text(json.dumps(asdict(beginning)), encoding="utf-8")

    def append(self) -> BufferedWriter:
        """Open the file to add to it."""
        return self.path.open("ab")

    def discard(self) -> None:
        """Remove it; what cannot be removed stays, and the next download writes over it."""
        for path in (self.note, self.path):
            with suppress(OSError):
                path.unlink()


Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Takes the stage at work, how much of it is done, and how much that is in all, if known."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Bounds on every wait of a pull, so that it never hangs.

    Parameters
    ----------
    timeout_s : float
        For a connection, and from one piece of an answer to the next.
    opening_s : float
        For an answer to begin, the look-up of the name and all redirections included.
    stall_s : float
        In a span this long at least `least_bytes` must arrive.
    least_bytes : int
        A slower server counts as one that stalls.
    tries : int
        How often in a row a download may fail.
    first_wait_s : float
        Before the second try; it doubles from one to the next.
    longest_wait_s : float
        However long a server asks to be left alone.
    lock_s : float
        For another process that pulls the same model.
    """

    timeout_s: float = 15.0
    opening_s: float = 30.0
    stall_s: float = 60.0
    least_bytes: int = 65_536
    tries: int = 4
    first_wait_s: float = 1.0
    longest_wait_s: float = 30.0
    lock_s: float = 900.0

    def wait_s(self, failures: int, asked_s: float = 0.0) -> float:
        """Return how long to wait after that many failures in a row, where a server asked for `asked_s`."""
        return min(max(self.first_wait_s * 2.0 ** (failures - 1), asked_s), self.longest_wait_s)


_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})
_RANGE_NOT_SATISFIABLE = 416
_NO_WAY = frozenset({errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTUNREACH})
_OFFLINE_TRIES = 2


class Trouble(Exception):
    """A try at a download failed.

    Parameters
    ----------
    reason : str
        What happened.
    again : bool
        Whether another try may do better.
    wait_s : float
        How long the server asked to be left alone.
    start_over : bool
        Whether what was downloaded so far is of no use.
    offline : bool
        Whether there seems to be no network: a second try is then worth its while, and no third.
    """

    def __init__(
        self,
        reason: str,
        *,
        again: bool,
        wait_s: float = 0.0,
        start_over: bool = False,
        offline: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.wait_s = wait_s
        self.start_over = start_over
        self.offline = offline

    def final(self, failures: int, tries: int) -> bool:
        """Whether no other try is to be made after so many failures in a row, of `tries` at most."""
        return not self.again or failures >= (min(tries, _OFFLINE_TRIES) if self.offline else tries)


def open_url(url: str, headers: Mapping[str, str], how: Patience) -> http.client.HTTPResponse:
    """Ask for `url`, http or https, and return the answer once its headers are there.

    Redirections are followed, but none from https to http; proxies are those of the environment.

    Raises
    ------
    Trouble
        If there is no good answer within ``how.opening_s``.
    """
    if not url.lower().startswith(("https://", "http://")):
        raise Trouble("it is no address that begins with https://", again=False)
    answers: SimpleQueue[http.client.HTTPResponse | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 (scheme checked above)
            answers.put(_opener().open(request, timeout=how.timeout_s))
        except Exception as error:
            answers.put(error)

    # In a thread, because nothing else bounds the time that the look-up of a name may take.
    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=how.opening_s)
    except Empty:
        raise Trouble(f"no answer within {how.opening_s:g} s", again=True) from None
    if isinstance(answer, Exception):
        raise as_trouble(answer) from answer
    return answer


def as_trouble(error: Exception) -> Trouble:
    """Return what went wrong in the words of a user; what is no matter of the network is raised again."""
    match error:
        case Trouble():
            return error
        case urllib.error.HTTPError():
            return _as_answered(error)
        case urllib.error.URLError(reason=Exception() as reason):
            return as_trouble(reason)
        case OSError() | http.client.HTTPException() | ValueError():
            return _as_broken(error)
    raise error


def _as_broken(error: Exception) -> Trouble:
    match error:
        case ssl.SSLCertVerificationError():
            return Trouble(f"its certificate cannot be verified ({error.verify_message})", again=False)
        case ValueError():
            return Trouble("it is no valid address", again=False)
        case socket.gaierror():
            return Trouble("its host cannot be found, so there may be no network", again=True, offline=True)
        case TimeoutError():
            return Trouble("the server does not answer in time", again=True)
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    offline = isinstance(error, OSError) and error.errno in _NO_WAY
    return Trouble(f"the connection fails ({words.lower()})", again=True, offline=offline)


def _as_answered(error: urllib.error.HTTPError) -> Trouble:
    asked = error.headers.get("Retry-After", "")
    error.close()
    return Trouble(
        f"the server answers {error.code} {error.reason}",
        again=error.code in {*_WORTH_ANOTHER_TRY, _RANGE_NOT_SATISFIABLE},
        wait_s=float(asked) if asked.isdecimal() else 0.0,
        start_over=error.code == _RANGE_NOT_SATISFIABLE,
    )


class _Redirections(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.type == "https" and not newurl.lower().startswith("https://"):
            raise Trouble("it leads from https to an address that is not secure", again=False)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> Any:
    """Return an opener for http and https alone: the usual one reads files and speaks FTP too."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirections(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


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
