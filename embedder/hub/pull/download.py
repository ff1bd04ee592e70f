"""A model from Kaggle Models: fetched by ``kagglehub`` in a process of its own, under bounds of ours.

The first requests of ``kagglehub`` have no timeout, and it prints to stdout: so it runs in a process that is
silent, and that is ended when nothing arrives, when too much does, or when it takes too long. What arrived
stays, and the next try goes on from there, a MiB at a time.
"""

from __future__ import annotations

import importlib.util
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TypeAlias

from swara.data.errors import MissingPackage
from swara.data.installation import install_command
from swara.data.storage.model_folder import size_bytes
from swara.embedder.errors import DownloadError, writing

__all__ = ["DownloadProgress", "RetryPolicy", "download"]

DownloadProgress: TypeAlias = Callable[[str, int, int | None], None]
"""Takes the stage at work, how many bytes of it are done, and how many that is in all, if known."""

_LOOK_S = 0.1
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounds on every wait of a pull, so that it never hangs.

    Parameters
    ----------
    total_s : float
        Longest time for a download, all tries together.
    stall_s : float
        Longest time in which nothing arrives. As ``kagglehub`` writes a MiB at a time, a network that brings
        less in this time counts as one that stalls.
    tries : int
        How often in a row a download may fail. A try that brought a MiB was no failure.
    first_wait_s : float
        Wait before the second try; it doubles from one to the next.
    lock_s : float
        Longest wait for another process that pulls the same model.
    """

    total_s: float = 3600.0
    stall_s: float = 120.0
    tries: int = 3
    first_wait_s: float = 1.0
    lock_s: float = 900.0


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a try failed, and whether another may do better; `errno` is the disk's, if it was the disk."""

    reason: str
    again: bool = False
    errno: int | None = None


def download(
    handle: str,
    cache: Path,
    policy: RetryPolicy,
    *,
    largest_bytes: int,
    total_bytes: int | None = None,
    progress: DownloadProgress | None = None,
) -> Path:
    """Fetch a model from Kaggle Models, going on from what is there of it.

    Parameters
    ----------
    handle : str
        Owner, model, framework, variation and version, such as ``google/yamnet/tensorFlow2/yamnet/1``.
    cache : Path
        The folder that ``kagglehub`` keeps it in, of ours alone; kept when this raises.
    policy : RetryPolicy
        How often a download is tried, and for how long.
    largest_bytes : int
        A larger model is refused.
    total_bytes : int, optional
        How large the model is, where that is known, for the progress.
    progress : callable, optional
        Called with the bytes done and those to do.

    Returns
    -------
    Path
        The folder of its files.

    Raises
    ------
    DownloadError
        The last of several, or the first that another try cannot mend; without ``where`` and ``fix``.
    MissingPackage
        If ``kagglehub`` is not installed.
    OutputError
        If the disk is full, or may not be written.
    """
    if importlib.util.find_spec("kagglehub") is None:
        command = install_command("kagglehub", extra="tensorflow")
        raise MissingPackage(
            "models are downloaded by kagglehub, which is not installed",
            fix=f"Install it with: {command}; or give a file with --from",
        )
    tell = progress or (lambda *_: None)
    attempt = _Attempt(handle, cache, policy, largest_bytes, time.monotonic() + policy.total_s)
    failures = 0
    while True:
        before = _size(cache)
        answer = attempt.run(lambda done_bytes: tell("downloading", done_bytes, total_bytes))
        if isinstance(answer, Path):
            return answer
        if answer.errno is not None:
            with writing(cache.parent):
                raise OSError(answer.errno, os.strerror(answer.errno))
        failures = 1 if _size(cache) - before >= _MIB else failures + 1
        if not answer.again or failures >= policy.tries:
            raise DownloadError(answer.reason)
        tell(f"trying again, since {answer.reason}", _size(cache), None)
        time.sleep(policy.first_wait_s * 2.0 ** (failures - 1))


def _size(cache: Path) -> int:
    with suppress(OSError):  # a file that goes while it is looked at
        return size_bytes(cache)
    return 0


@dataclass(frozen=True, slots=True)
class _Attempt:
    handle: str
    cache: Path
    policy: RetryPolicy
    largest_bytes: int
    deadline_s: float

    def run(self, tell: Callable[[int], None]) -> Path | _Failure:
        """Return the folder of the model, or why there is none; `tell` takes how many bytes are there."""
        context = multiprocessing.get_context("spawn")  # a fork would copy the threads of TensorFlow
        answers, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_fetch, args=(self.handle, self.cache, theirs), daemon=True)
        process.start()
        theirs.close()
        try:
            return self._watch(answers, tell) or answers.recv()
        except EOFError:
            return _Failure("the process that downloads it was ended from outside", again=True)
        finally:
            process.kill()
            process.join()
            answers.close()

    def _watch(self, answers: Connection, tell: Callable[[int], None]) -> _Failure | None:
        """Return None once there is an answer, or why none is waited for any longer."""
        size, grown_s = _size(self.cache), time.monotonic()
        while True:
            answered = answers.poll(_LOOK_S)
            found, now_s = _size(self.cache), time.monotonic()
            if found > size:
                size, grown_s = found, now_s
                tell(size)
            if found > self.largest_bytes:
                return _Failure(f"it is larger than {self.largest_bytes / 1e6:.0f} MB")
            if answered:
                return None
            if now_s > self.deadline_s:
                return _Failure(f"it is not done within {self.policy.total_s:g} s")
            if now_s - grown_s > self.policy.stall_s:
                return _Failure(f"nothing arrived for {self.policy.stall_s:g} s", again=True)


def _fetch(handle: str, cache: Path, answers: Connection) -> None:
    """Run ``kagglehub`` and send the folder, or the failure; this is all that its process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it ends it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
        sys.stdout = sys.stderr = nowhere
        os.environ["KAGGLEHUB_CACHE"] = str(cache)
        try:
            import kagglehub
            from tqdm import tqdm

            # Its own lock is a semaphore of the system: were this killed, Python would tell of a leak.
            tqdm.set_lock(threading.RLock())
            answers.send(Path(kagglehub.model_download(handle)))
        except Exception as error:
            answers.send(_failure(error))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)  # it would go on writing into a folder that nobody watches


_WORTH_ANOTHER_TRY = frozenset({408, 425, 429, 500, 502, 503, 504})


def _failure(error: Exception) -> _Failure:
    """Return what went wrong in the words of a user."""
    from requests import exceptions as http

    match error:
        case http.HTTPError(response=http_answer) if http_answer is not None:
            code = http_answer.status_code
            return _Failure(f"the server answers {code} {http_answer.reason}", code in _WORTH_ANOTHER_TRY)
        case http.SSLError():
            return _Failure("its certificate cannot be verified")
        case http.ConnectionError() if "NameResolutionError" in str(error):
            return _Failure("its host cannot be found, so there may be no network")
        case http.ConnectionError() | http.Timeout() | http.ChunkedEncodingError():
            return _Failure(f"the connection fails ({_innermost(error)})", again=True)
        case http.RequestException() | ValueError() | KeyError():
            return _Failure("the server sends something else than a model, such as a web page")
        case OSError(errno=int(number)):
            return _Failure("the disk", errno=number)
    return _Failure(f"kagglehub gives up ({type(error).__name__}: {_innermost(error)})", again=True)


def _innermost(error: BaseException) -> str:
    """Return what the first of a chain of errors says, in a line."""
    while error.__context__ is not None:
        error = error.__context__
    lines = (getattr(error, "strerror", None) or str(error)).strip().splitlines()
    return lines[0].rstrip(".").lower()[:120] if lines else type(error).__name__
