"""An address, opened within bounds of time: how long to wait, how often to try, what can go wrong."""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import IO, Any, TypeAlias

__all__ = ["Patience", "Progress", "Trouble", "as_trouble", "open_url"]

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
