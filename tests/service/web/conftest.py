"""A server in a thread, asked through real sockets."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from websockets.sync.client import ClientConnection, connect

from swara.service.web.guard import TOKEN_HEADER
from swara.service.web.server import listen, serve

HELLO = {
    "type": "hello",
    "protocol": 1,
    "rate_hz": 16000,
    "channels": 1,
    "settings": {"tonic": "C#3", "raga": "bhupali"},
    "microphone": {},
}


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Page:
    """What a client may do with a server: raw requests, and its socket."""

    HELLO = HELLO

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token
        self.host = f"127.0.0.1:{self.port}"
        self.origin = f"http://{self.host}"

    def raw(self, request: bytes, *, timeout_s: float = 60.0) -> Answer:
        """Send bytes, and read the one answer; the connection may be closed on us while we send."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s) as wire:
            with suppress(OSError):
                wire.sendall(request)
            said = b""
            while (head_end := said.find(b"\r\n\r\n")) < 0:
                if not (more := wire.recv(65536)):
                    raise ConnectionError("no answer")
                said += more
            lines = said[:head_end].decode("latin-1").split("\r\n")
            headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
            body, status = said[head_end + 4 :], int(lines[0].split()[1])
            length = int(headers.get("content-length", 0))
            while len(body) < length and (more := wire.recv(65536)):
                body += more
            return Answer(status, headers, body)

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        body: bytes | None = None,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """Ask with the token in a header; what `headers` has as None is left out."""
        sent: dict[str, str | None] = {"host": self.host, TOKEN_HEADER: self.token, "connection": "close"}
        if body is not None:
            sent["content-length"] = str(len(body))
        sent |= headers or {}
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items() if value is not None)
        return self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + (body or b""))

    def post(self, path: str, fields: Any) -> Answer:
        text = json.dumps(fields).encode()
        return self.ask(path, "POST", body=text, headers={"content-type": "application/json"})

    def upload(self, *files: tuple[str, bytes]) -> Answer:
        body, form = form_of(*files)
        return self.ask("/api/takes", "POST", body=body, headers={"content-type": form})

    def socket(self, **headers: str | None) -> ClientConnection:
        """Open the live socket; as a client with the token, or with other headers."""
        sent = {TOKEN_HEADER: self.token} if not headers else {k: v for k, v in headers.items() if v}
        origin = sent.pop("origin", None)
        return connect(
            f"ws://{self.host}/live",
            subprotocols=["swara.live.1"],
            additional_headers=sent,
            origin=origin,
            compression=None,
            max_size=None,
        )

    def kept(self, session: str) -> dict[str, Any]:
        """Wait for a take whose socket is gone to be listed, and return it."""
        for _ in range(200):
            if found := [take for take in self.ask("/api/takes").json if take["id"] == session]:
                return found[0]
            time.sleep(0.05)
        raise AssertionError("the take is not kept")

    def is_up(self) -> bool:
        return self.ask("/healthz", headers={TOKEN_HEADER: None}).status == 200


def form_of(*files: tuple[str, bytes]) -> tuple[bytes, str]:
    """Return a form with files, and its content type."""
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files
    ]
    return b"".join(parts) + b"--x--\r\n", "multipart/form-data; boundary=x"


def block(number: int, samples: np.ndarray, captured_ms: float = 0.0) -> bytes:
    return struct.pack("<IId", number, 0, captured_ms) + samples.astype("<f4").tobytes()


def until(live: ClientConnection, kind: str, *, timeout_s: float = 60.0) -> list[dict[str, Any]]:
    """Read messages up to the first of a kind."""
    said = []
    while not said or said[-1]["type"] != kind:
        said.append(json.loads(live.recv(timeout=timeout_s)))
    return said


def sing(
    live: ClientConnection, samples: np.ndarray, *, first: int = 0, size: int = 320, pace: float = 4.0
) -> int:
    """Send sound so many times as fast as it sounds; return the number of the next block."""
    number = first
    for at in range(0, len(samples), size):
        live.send(block(number, samples[at : at + size]))
        number += 1
        time.sleep(size / 16000 / pace)
    return number


@contextmanager
def running(store: Path, **options: Any) -> Iterator[tuple[Page, list[str], Callable[[], None]]]:
    """Run a server in a thread; what it says at its end, and how to end it."""
    environment = options.pop("environment", None)
    address, said, servers, up = listen(port=0, **options), [], [], threading.Event()

    def started(server: Any) -> None:
        servers.append(server)
        up.set()

    run = {"environment": environment, "opened": False, "say": said.append, "started": started}
    thread = threading.Thread(target=serve, args=(address, store), kwargs=run, daemon=True)
    thread.start()
    assert up.wait(30)

    def end() -> None:
        servers[0].should_exit = True
        thread.join(30)
        assert not thread.is_alive()

    try:
        yield Page(address.port, address.access.token), said, end
    finally:
        end()


def drained(live: ClientConnection) -> None:
    """Read until the socket is closed; raises `ConnectionClosed`."""
    while True:
        live.recv(timeout=20)


Page.drained = staticmethod(drained)
Page.form_of, Page.block, Page.until, Page.sing = map(staticmethod, (form_of, block, until, sing))


@pytest.fixture
def serving() -> Callable[..., Any]:
    """Give what runs a server of its own."""
    return running


@pytest.fixture
def client() -> type[Page]:
    """Give what asks a server in another process."""
    return Page


@pytest.fixture(scope="module")
def page(pack_store: Path) -> Iterator[Page]:
    with running(pack_store) as (page, _, _):
        yield page
