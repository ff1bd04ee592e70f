"""The server of one run: its port, the address that opens the page, and an end that loses nothing."""

from __future__ import annotations

import errno
import logging
import secrets
import signal
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn

from swara.raga.errors import SwaraError

from .app import build_app
from .guard import Access
from .takes import Takes

__all__ = ["USUAL_PORT", "Address", "listen", "serve"]

USUAL_PORT = 8765
_NEXT_PORTS = 20
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ANY = ("0.0.0.0", "::")  # noqa: S104  compared with, not bound to
_GRACE_S = 5
_MOST_MESSAGE = 65_536  # bytes through a socket; a block of 4096 samples has 16,400
_TAKEN = (errno.EADDRINUSE, errno.EACCES)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens, and what it is called there.

    Parameters
    ----------
    listener : socket.socket
        Bound and listening.
    host : str
        As it was asked for.
    port : int
        The one that was free.
    access : Access
        Who may ask.
    """

    listener: socket.socket
    host: str
    port: int
    access: Access

    @property
    def url(self) -> str:
        """What opens the page on this machine; it holds the token."""
        host = "127.0.0.1" if self.host in (*_LOOPBACK, *_ANY) else self.host
        return f"http://{_bracketed(host)}:{self.port}{self.access.root_path}/?token={self.access.token}"

    @property
    def is_open(self) -> bool:
        """Whether other machines reach it."""
        return self.host not in _LOOPBACK


def listen(
    host: str = "127.0.0.1", port: int | None = None, *, root_path: str = "", origins: Sequence[str] = ()
) -> Address:
    """Take a port.

    Parameters
    ----------
    host : str
        The address or name to listen on.
    port : int, optional
        The one port to take; `USUAL_PORT`, or one of the next that is free, if not given.
    root_path : str
        The path that a proxy puts before ours.
    origins : sequence of str
        What else the page may be opened under, such as ``https://hub.example.org``.

    Raises
    ------
    SwaraError
        If the port is taken, the host is none of this machine's, or an origin or path is none.
    """
    path = root_path.strip("/")
    path = f"/{path}" if path else ""
    if not path.isascii() or any(letter in path for letter in "?#; \\\"'<>\r\n"):
        raise SwaraError("this is no path", where=f"--root-path {root_path}", fix="Give such as /swara")
    listener = _listener(host, port)
    taken = listener.getsockname()[1]
    names = {f"{_bracketed(name)}:{taken}" for name in _names(host)}
    if taken == 80:
        names |= {_bracketed(name) for name in _names(host)}
    pages = {f"http://{name}" for name in names}
    for given in origins:
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
            listener.close()
            raise SwaraError(
                "this is no origin", where=f"--origin {given}", fix="Give such as https://hub.example.org"
            )
        names.add(parts.netloc.lower())
        pages.add(f"{parts.scheme}://{parts.netloc}".lower())
    token = secrets.token_urlsafe(24)
    access = Access(token, frozenset(names), frozenset(pages), f"swara_{taken}", path)
    return Address(listener, host, taken, access)


def _listener(host: str, port: int | None) -> socket.socket:
    tried = [port] if port is not None else range(USUAL_PORT, USUAL_PORT + _NEXT_PORTS)
    for candidate in tried:
        try:
            family, kind, protocol, _, where = socket.getaddrinfo(host, candidate, type=socket.SOCK_STREAM)[0]
            # asyncio sends small messages at once (TCP_NODELAY) on sockets that name their protocol alone
            listener = socket.socket(family, kind, protocol)
        except (OSError, UnicodeError) as error:
            raise SwaraError(
                "no such host", where=f"--host {host}", fix="Give an address of this machine"
            ) from error
        try:
            if sys.platform == "win32":  # there another program could share the port
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
            listener.listen(128)
        except OSError as error:
            listener.close()
            if error.errno not in _TAKEN:
                raise SwaraError(
                    f"cannot listen there ({error.strerror})",
                    where=f"--host {host}",
                    fix="Give an address of this machine",
                ) from error
            continue
        return listener
    if port is not None:
        raise SwaraError(
            "the port is taken, or not yours", where=f"--port {port}", fix="Give another, or leave it out"
        )
    last = USUAL_PORT + _NEXT_PORTS - 1
    raise SwaraError(f"the ports {USUAL_PORT} to {last} are taken", fix="Give a free one with --port")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _names(host: str) -> Iterable[str]:
    """Return what a browser may call a server that listens on `host`: a list made once, never a request's."""
    if host in _LOOPBACK:
        return ("127.0.0.1", "localhost", "::1")
    if host not in _ANY:
        return (host.lower(),)
    names = {"127.0.0.1", "localhost", "::1"}
    own = socket.gethostname().lower()
    with suppress(OSError):
        names |= {str(each[4][0]) for each in socket.getaddrinfo(own, None)}
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing: it tells which address other machines see
        names.add(probe.getsockname()[0])
    return names | {own}


class _Server(uvicorn.Server):
    """Ends by itself on Ctrl-C and on SIGTERM, so that what follows in the program still happens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None], ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready, self._ending = ready, ending

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._ending()
        await super().shutdown(sockets=sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


def serve(
    address: Address,
    store: Path,
    *,
    environment: Mapping[str, str] | None = None,
    opened: bool = True,
    say: Callable[[str], object] = print,
    started: Callable[[uvicorn.Server], object] = lambda _: None,
) -> None:
    """Serve the page until Ctrl-C or SIGTERM; takes go with the run, but those that were cut short.

    Parameters
    ----------
    address : Address
        Of `listen`.
    store : Path
        Folder of the store.
    environment : mapping of str to str, optional
        Says whether the history is switched off; without it none is kept.
    opened : bool
        Whether the page is opened in a browser once the server answers.
    say : callable
        Takes each line for the terminal.
    started : callable
        Called with the server once it answers; who calls from another thread ends it by ``should_exit``.
    """
    logging.getLogger("uvicorn.error").addFilter(_short)
    takes = Takes(store, environment)

    def ready() -> None:
        started(server)
        threading.Thread(target=_warm_up, args=(takes,), daemon=True, name="warm-up").start()
        if opened:
            threading.Thread(target=_open, args=(address.url,), daemon=True, name="browser").start()

    config = uvicorn.Config(
        build_app(takes, address.access),
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        loop="asyncio",
        http="h11",
        ws="websockets-sansio",
        ws_max_size=_MOST_MESSAGE,
        ws_per_message_deflate=False,  # a bomb of zeros would come small
        proxy_headers=False,
        limit_concurrency=200,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = _Server(config, ready, lambda: setattr(takes, "ending", True))
    try:
        server.run(sockets=[address.listener])
    finally:
        for left in takes.close():
            say(f"The sound of a take that was cut short is kept: {left}")


def _short(record: logging.LogRecord) -> bool:
    """Keep tracebacks out of the log: one line says what and where."""
    if record.exc_info and record.exc_info[1] is not None:
        record.msg, record.args = f"{record.getMessage()} {record.exc_info[1]!r}", ()
        record.exc_info = record.exc_text = None
    return True


def _open(url: str) -> None:
    with suppress(webbrowser.Error, OSError):
        webbrowser.open(url)


def _warm_up(takes: Takes) -> None:
    """Import what hears and load the samples while the page is painted: the first take need not wait."""
    with suppress(Exception):  # whoever needs it will be told
        from swara.classifier.pitch.network import shipped_network

        from .live_socket import LiveSocket  # noqa: F401  imports what hears
        from .singer import singers_network

        singers_network()
        shipped_network()
        takes.stored.model()
