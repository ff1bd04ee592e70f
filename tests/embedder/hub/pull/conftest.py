"""A server on this machine that misbehaves on demand, and a model that takes no room."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from swara.embedder.hub.pull import Patience, pullable
from swara.embedder.hub.pull.catalogue import Pullable

FILES = {
    "saved_model.pb": b"a graph",
    "variables/variables.index": b"an index",
    "variables/variables.data-00000-of-00001": bytes(range(256)) * 400,
    "assets/yamnet_class_map.csv": b"index,mid,display_name\n",
}
QUICK = Patience(timeout_s=0.4, opening_s=2.0, stall_s=0.5, first_wait_s=0.0, lock_s=20.0)


def tar_gz(files: Mapping[str, bytes], folder: str = ".", *, mtime: int = 0) -> bytes:
    """Pack files as TF Hub does; the same files give the same bytes."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=mtime)


Behaviour = Callable[["Visit"], None]


class Visit(BaseHTTPRequestHandler):
    """One request; what becomes of it is the next behaviour of the site, the plain one if there is none."""

    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append({name.lower(): value for name, value in self.headers.items()})
        behaviour = self.server.behaviours.pop(0) if self.server.behaviours else whole
        self.close_connection = True
        with suppress(OSError):  # the other side hung up
            behaviour(self)

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def answer(self, code: int, headers: Mapping[str, object], body: bytes) -> None:
        """Send all of an answer; a length in `headers` wins over that of the body."""
        self.send_response(code)
        for name, value in ({"Content-Length": len(body), "Connection": "close"} | dict(headers)).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    @property
    def begin(self) -> int:
        """Where the request begins."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-"))
        assert found is not None
        return int(found[1])


class Site(ThreadingHTTPServer):
    """Serves one file at every path."""

    daemon_threads = True

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.content = content
        self.behaviours: list[Behaviour] = []
        self.asked: list[dict[str, str]] = []
        self.tag = '"one"'

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}/model.tar.gz"

    def plan(self, *behaviours: str | Behaviour) -> None:
        """Say what the next requests will meet, each a function or its words, such as ``cut_after 400``."""
        self.behaviours = [b if callable(b) else behaviour(*b.split()) for b in behaviours]

    def handle_error(self, *args: object) -> None:
        """Say nothing: a client that hangs up is what is tested."""


def whole(visit: Visit) -> None:
    """Serve the file, or from where it is asked for, if it is still the same."""
    content, tag = visit.server.content, visit.server.tag
    if visit.begin and visit.headers.get("If-Range", tag) == tag:
        last = f"bytes {visit.begin}-{len(content) - 1}/{len(content)}"
        visit.answer(206, {"ETag": tag, "Content-Range": last}, content[visit.begin :])
    else:
        visit.answer(200, {"ETag": tag}, content)


def cut_after(length: int) -> Behaviour:
    """Promise the whole file, and hang up early."""

    def behave(visit: Visit) -> None:
        content, begin = visit.server.content, visit.begin
        headers = {"Content-Length": len(content) - begin, "ETag": visit.server.tag}
        if begin:
            headers["Content-Range"] = f"bytes {begin}-{len(content) - 1}/{len(content)}"
        visit.answer(206 if begin else 200, headers, content[begin:][:length])

    return behave


def without_ranges(visit: Visit) -> None:
    """Serve all of the file, whatever was asked for."""
    visit.answer(200, {}, visit.server.content)


def status(code: int, **headers: object) -> Behaviour:
    """Answer with nothing but a status."""
    return lambda visit: visit.answer(code, headers, b"")


def stall(visit: Visit) -> None:
    """Accept the request and never answer."""
    time.sleep(3.0)


def stall_after(length: int) -> Behaviour:
    """Begin to answer, then send nothing more."""

    def behave(visit: Visit) -> None:
        cut_after(length)(visit)
        visit.wfile.flush()
        time.sleep(3.0)

    return behave


def trickle(visit: Visit) -> None:
    """Send a byte now and then: no wait is long, but it never ends."""
    visit.answer(200, {"Content-Length": len(visit.server.content)}, b"")
    for byte in visit.server.content:
        visit.wfile.write(bytes([byte]))
        visit.wfile.flush()
        time.sleep(0.05)


def web_page(visit: Visit) -> None:
    """What a captive portal answers."""
    visit.answer(200, {"Content-Type": "text/html; charset=utf-8"}, b"<!doctype html><p>Log in first")


def behaviour(name: str, argument: str = "", value: str = "") -> Behaviour:
    """Return what is named: ``stall``, ``cut_after 400``, ``503``, ``302 Location /elsewhere``."""
    if name.isdecimal():
        return status(int(name), **({argument: value} if argument else {}))
    found = {f.__name__: f for f in (whole, without_ranges, stall, trickle, web_page)}
    after = {f.__name__: f for f in (cut_after, stall_after)}
    return after[name](int(argument)) if name in after else found[name]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server of a small SavedModel."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = Site(tar_gz(FILES))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def quick() -> Patience:
    """Bounds short enough for a test."""
    return QUICK


@dataclass
class FakeContract:
    """Says that every model is as documented, and remembers which it saw."""

    seen: list[dict[str, bytes]] = field(default_factory=list)

    def __call__(self, model: Pullable, path: Path) -> None:
        files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
        self.seen.append({p.relative_to(path).as_posix(): p.read_bytes() for p in files})


@pytest.fixture
def contract() -> FakeContract:
    """A contract that needs no TensorFlow."""
    return FakeContract()


@pytest.fixture
def yamnet() -> Pullable:
    """A SavedModel to pull, small limits included."""
    return replace(pullable("yamnet"), largest_bytes=1_000_000)


@pytest.fixture
def lite() -> tuple[Pullable, bytes]:
    """A TFLite file to pull, with the bytes that its digest asks for."""
    content = b"\x1c\0\0\0TFL3" + b"weights" * 100
    digest = hashlib.sha256(content).hexdigest()
    return replace(pullable("yamnet-tflite"), file_sha256=digest), content


@pytest.fixture
def names_in() -> Callable[[Path], set[str]]:
    """Give what lies in a folder, lock files apart."""
    return _names_in


@pytest.fixture
def pack() -> Callable[..., bytes]:
    """Give `tar_gz`."""
    return tar_gz


@pytest.fixture
def files() -> dict[str, bytes]:
    """Give what the site's archive holds."""
    return dict(FILES)


def _names_in(folder: Path) -> set[str]:
    """Return what lies in a folder, lock files apart."""
    return {path.name for path in folder.iterdir() if path.suffix != ".lock"} if folder.exists() else set()
