"""Kaggle on this machine, which misbehaves on demand, and a model that takes no room.

``kagglehub`` asks one address of its choice. In these tests it is told that this is ``http://localhost``, and
that the way there is a proxy: the server of the test, on a port that is free.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import random
import re
import tarfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from swara.embedder.hub.pull import RetryPolicy, pullable
from swara.embedder.hub.pull.catalogue import Pullable

BIG = "variables/variables.data-00000-of-00001"
FILES = {
    "saved_model.pb": b"a graph",
    "variables/variables.index": b"an index",
    BIG: random.Random(0).randbytes(2_500_000),
    "assets/yamnet_class_map.csv": b"index,mid,display_name\n",
}
MIB = 1 << 20


def tar_gz(files: Mapping[str, bytes], folder: str = ".", *, mtime: int = 0) -> bytes:
    """Pack files as TF Hub did; the same files give the same bytes."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=mtime)


Behaviour = Callable[["Visit"], None]


class Visit(BaseHTTPRequestHandler):
    """One request: for the list of files, for the address of one, or for its bytes."""

    protocol_version = "HTTP/1.1"
    server: Kaggle

    def do_POST(self) -> None:
        words = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(words)
        if self.path.endswith("/ListModelInstanceVersionFiles"):
            self._behave(self.server.listing, list_files)
        else:
            place = {"Location": f"http://storage.test/{words['path']}"}
            self.answer(302, place, b"")

    def do_GET(self) -> None:
        self.name = urlsplit(self.path).path.removeprefix("/")
        self.server.ranges.append((self.name, self.headers.get("Range")))
        self._behave(self.server.behaviours if self.name == self.server.troubled else [], whole)

    def _behave(self, behaviours: list[Behaviour], usual: Behaviour) -> None:
        self.close_connection = True
        with suppress(OSError):  # the other side hung up
            (behaviours.pop(0) if behaviours else usual)(self)

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
    def content(self) -> bytes:
        """The file that is asked for, from where it is asked for."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-"))
        assert found is not None
        return self.server.files[self.name][int(found[1]) :]

    @property
    def file_headers(self) -> dict[str, object]:
        """What storage says of a file, its MD5 included."""
        digest = base64.b64encode(hashlib.md5(self.server.files[self.name]).digest()).decode()
        return {"Accept-Ranges": "bytes", "Content-Length": len(self.content), "x-goog-hash": f"md5={digest}"}


class Kaggle(ThreadingHTTPServer):
    """Serves one model under every handle."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.files = dict(FILES)
        self.troubled = BIG
        self.listing: list[Behaviour] = []
        self.behaviours: list[Behaviour] = []
        self.asked: list[dict[str, object]] = []
        self.ranges: list[tuple[str, str | None]] = []

    @property
    def pulls(self) -> int:
        """How often somebody began to download."""
        return sum("path" not in words for words in self.asked)

    @property
    def big_ranges(self) -> list[str | None]:
        """Of which part the big file was asked for, one after the other."""
        return [part for name, part in self.ranges if name == self.troubled]

    def plan(self, *behaviours: str | Behaviour, listing: bool = False) -> None:
        """Say what the next requests for the big file, or the list, will meet, such as ``cut_after 400``."""
        found = [b if callable(b) else behaviour(*b.split()) for b in behaviours]
        if listing:
            self.listing = found
        else:
            self.behaviours = found

    def handle_error(self, *args: object) -> None:
        """Say nothing: a client that hangs up is what is tested."""


def list_files(visit: Visit) -> None:
    """Tell the names of all files."""
    names = {"files": [{"name": name} for name in visit.server.files], "nextPageToken": ""}
    visit.answer(200, {"Content-Type": "application/json"}, json.dumps(names).encode())


def whole(visit: Visit) -> None:
    """Serve the file from where it is asked for."""
    visit.answer(206 if "Range" in visit.headers else 200, visit.file_headers, visit.content)


def cut_after(length: int) -> Behaviour:
    """Promise the whole file, and hang up early."""
    return lambda visit: visit.answer(200, visit.file_headers, visit.content[:length])


def stall(visit: Visit) -> None:
    """Accept the request and never answer."""
    time.sleep(30.0)


def stall_after(length: int) -> Behaviour:
    """Begin to answer, then send nothing more."""

    def behave(visit: Visit) -> None:
        cut_after(length)(visit)
        visit.wfile.flush()
        time.sleep(30.0)

    return behave


def web_page(visit: Visit) -> None:
    """What a captive portal answers."""
    visit.answer(200, {"Content-Type": "text/html; charset=utf-8"}, b"<!doctype html><p>Log in first")


def drip(size: int, pause_s: float, seen: list[float], headers: bool = True) -> Behaviour:
    """Answer with so many bytes at a time, as long as anybody listens; note when."""

    def behave(visit: Visit) -> None:
        visit.answer(200, visit.file_headers if headers else {"Content-Length": 10**15}, b"")
        while True:
            visit.wfile.write(bytes(size))
            visit.wfile.flush()
            seen.append(time.monotonic())
            time.sleep(pause_s)

    return behave


def chatty(visit: Visit) -> None:
    """Tell of a later version, about which ``kagglehub`` tells on stdout."""
    visit.answer(200, visit.file_headers | {"X-Kaggle-HubVersion": "99.0"}, visit.content)


def behaviour(name: str, argument: str = "") -> Behaviour:
    """Return what is named: ``stall``, ``cut_after 400``, ``503``."""
    if name.isdecimal():
        return lambda visit: visit.answer(int(name), {}, b"")
    found = {f.__name__: f for f in (list_files, whole, stall, web_page, chatty)}
    after = {f.__name__: f for f in (cut_after, stall_after)}
    return after[name](int(argument)) if name in after else found[name]


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that no name server knows stands for Kaggle's."""
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY", "HTTP_PROXY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:1")
    monkeypatch.setenv("KAGGLE_API_ENVIRONMENT", "LOCALHOST")


@pytest.fixture
def kaggle(offline: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kaggle]:
    """A server of a small SavedModel that ``kagglehub`` takes for Kaggle."""
    server = Kaggle()
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def quick() -> RetryPolicy:
    """Bounds short enough for a test."""
    return RetryPolicy(total_s=60.0, stall_s=30.0, first_wait_s=0.0, lock_s=20.0)


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
    return replace(pullable("yamnet"), largest_bytes=4_000_000)


@pytest.fixture
def lite() -> tuple[Pullable, bytes]:
    """A TFLite file to pull, with the bytes that its digest asks for."""
    content = b"\x1c\0\0\0TFL3" + b"weights" * 100
    digest = hashlib.sha256(content).hexdigest()
    return replace(pullable("yamnet-tflite"), file_sha256=digest), content


@pytest.fixture
def names_in() -> Callable[[Path], set[str]]:
    """Give what lies in a folder, lock files apart."""
    return lambda folder: (
        {p.name for p in folder.iterdir() if p.suffix != ".lock"} if folder.exists() else set()
    )


@pytest.fixture
def tree() -> Callable[[Path], dict[str, bytes]]:
    """Give the files of a folder."""
    return lambda folder: {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()
    }


@pytest.fixture
def write() -> Callable[[Path, Mapping[str, bytes]], Path]:
    """Write files into a folder, and return that."""

    def write(folder: Path, files: Mapping[str, bytes]) -> Path:
        for name, content in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(content)
        return folder

    return write


@pytest.fixture
def models() -> Path:
    """Where the models are pulled into, and are looked for in a test."""
    return Path(os.environ["SWARA_MODELS"])


@pytest.fixture
def slow() -> Callable[..., Behaviour]:
    """Give `drip`."""
    return drip


@pytest.fixture
def pack() -> Callable[..., bytes]:
    """Give `tar_gz`."""
    return tar_gz


@pytest.fixture
def files() -> dict[str, bytes]:
    """Give what the model consists of."""
    return dict(FILES)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of the model, to pull it from without a network."""
    path = tmp_path / "downloaded.tar.gz"
    path.write_bytes(tar_gz(FILES))
    return path
