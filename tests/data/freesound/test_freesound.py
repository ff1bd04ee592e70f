"""The client and its limits, against a stand-in for Freesound on this machine, and another for its CDN."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import soundfile

from swara.data.errors import FreesoundError, OutputError
from swara.data.freesound import download
from swara.data.freesound.client import A_DAY, FreesoundClient
from swara.data.freesound.download import Search, estimate, fetch, kept_sounds
from swara.service.corpora.fetch import freesound_client

pytest.importorskip("requests")
KEY = "secret-key"
SEARCH = Search("cello", "cello")


def _mp3(number: int) -> bytes:
    file = io.BytesIO()
    tone = 0.3 * np.sin(2 * np.pi * (200 + number) * np.arange(22_050) / 44_100)
    soundfile.write(file, tone, 44_100, format="MP3")
    return file.getvalue()


class Server(ThreadingHTTPServer):
    """Answers what `answers` has for a path, each answer once but for the last; keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.asked: list[tuple[str, str | None]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def put(self, path: str, body: object, status: int = 200, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.setdefault(path, []).append((status, told, content))


class _Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Authorization")))
        parts = urlsplit(self.path)
        page = parse_qs(parts.query).get("page", ["1"])[0]
        waiting = self.server.answers.get(f"{parts.path}#{page}") or self.server.answers.get(parts.path)
        status, headers, body = (404, {}, b"") if not waiting else waiting[0]
        if waiting and len(waiting) > 1:
            waiting.pop(0)
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


class Clock:
    """A clock that moves when somebody waits."""

    def __init__(self) -> None:
        self.now, self.waited = 1e9, list[float]()

    def sleep(self, wait_s: float) -> None:
        self.waited.append(wait_s)
        self.now += wait_s


@pytest.fixture
def api() -> Iterator[Server]:
    server = Server()
    yield server
    server.shutdown()


@pytest.fixture
def cdn() -> Iterator[Server]:
    server = Server()
    yield server
    server.shutdown()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(api: Server, clock: Clock) -> FreesoundClient:
    return FreesoundClient(KEY, "token", api.url, lambda: clock.now, clock.sleep)


def _sound(cdn: Server, number: int, *, put: bool = True, **more: object) -> dict[str, Any]:
    if put:
        cdn.put(f"/{number}.mp3", _mp3(number), content_type="audio/mpeg")
    told = {"id": number, "name": f"note {number}", "username": "anna", "duration": 0.5, "filesize": 5000}
    told |= {"license": "https://creativecommons.org/licenses/by/4.0/", "type": "wav", "md5": ""}
    told |= {
        "url": f"https://freesound.org/s/{number}/",
        "previews": {"preview-hq-mp3": f"{cdn.url}/{number}.mp3"},
    }
    return told | more


def _search(api: Server, *pages: list[dict[str, Any]]) -> None:
    count = sum(map(len, pages))
    for number, sounds in enumerate(pages, 1):
        more = f"{api.url}/apiv2/search/?query=cello&page={number + 1}" if number < len(pages) else None
        api.put(f"/apiv2/search/#{number}", {"count": count, "results": sounds, "next": more})


def test_three_pages_are_fetched_with_names_credits_and_no_key_at_the_cdn(
    api: Server, cdn: Server, client: FreesoundClient, tmp_path: Path
) -> None:
    odd = _sound(cdn, 1, name="../../é #1\nü.wav")
    _search(api, [odd, _sound(cdn, 2)], [_sound(cdn, 2, put=False), _sound(cdn, 3)], [_sound(cdn, 4)])
    result = fetch(client, SEARCH, tmp_path / "here")
    assert (result.new, result.known, result.failed) == (4, 0, ())
    here = {path.name for path in (tmp_path / "here").iterdir() if not path.name.startswith(".")}
    assert here == {"1.mp3", "2.mp3", "3.mp3", "4.mp3", "sounds.jsonl", "ATTRIBUTION.md"}
    assert (tmp_path / "here" / "3.mp3").read_bytes() == _mp3(3)
    assert '- "../../é #1 ü.wav" by anna, ' in (tmp_path / "here" / "ATTRIBUTION.md").read_text("utf-8")
    assert [key for _, key in api.asked] == [f"Token {KEY}"] * 3
    assert [key for _, key in cdn.asked] == [None] * 4
    asked = parse_qs(urlsplit(api.asked[0][0]).query)
    assert asked["page_size"] == ["150"]
    assert asked["filter"] == ['license:("Creative Commons 0" OR "Attribution") duration:[0.2 TO 30]']
    assert "previews" in asked["fields"][0]
    assert not any(KEY in path for path, _ in api.asked + cdn.asked)
    assert KEY not in repr(client)
    (tmp_path / "here" / "ATTRIBUTION.md").unlink()
    again = fetch(client, SEARCH, tmp_path / "here")
    assert "note 4" in (tmp_path / "here" / "ATTRIBUTION.md").read_text("utf-8")
    assert (again.new, again.known, len(cdn.asked)) == (0, 4, 4)


def test_a_damaged_or_deleted_file_is_fetched_again_and_another_label_is_refused(
    api: Server, cdn: Server, client: FreesoundClient, tmp_path: Path
) -> None:
    _search(api, [_sound(cdn, 1), _sound(cdn, 2), _sound(cdn, 3)])
    fetch(client, SEARCH, tmp_path)
    (tmp_path / "1.mp3").unlink()
    (tmp_path / "2.mp3").write_bytes(b"cut")
    assert fetch(client, SEARCH, tmp_path).new == 2
    other = fetch(client, Search("cello", "viola"), tmp_path)
    assert (other.new, len(other.failed)) == (0, 3)
    assert "fetched as cello before" in other.failed[0]


def _broken(cdn: Server, other: str) -> dict[int, tuple[dict[str, Any], str]]:
    """Sounds that cannot be kept, and what is said of each."""
    sounds = {
        11: (_sound(cdn, 11, put=False), "bytes came of 99999|broke off"),
        12: (_sound(cdn, 12, put=False), "0 bytes"),
        13: (_sound(cdn, 13, put=False), "text/html, no sound"),
        14: (_sound(cdn, 14, license="https://creativecommons.org/licenses/by-nc/4.0/"), "licence"),
        15: (_sound(cdn, 15, put=False), "status 404"),
        16: (_sound(cdn, 16, previews={}), "no preview"),
        17: (_sound(cdn, 17, id="x/../y"), "does not say enough"),
        18: (_sound(cdn, 18, put=False), "answers with 500"),
    }
    cdn.put("/11.mp3", _mp3(11)[:500], content_type="audio/mpeg", content_length="99999")
    cdn.put("/12.mp3", b"", content_type="audio/mpeg")
    cdn.put("/13.mp3", b"<html>", content_type="text/html")
    cdn.put("/18.mp3", b"", 500)
    return sounds


def test_what_is_wrong_with_one_sound_stops_no_other(
    api: Server, cdn: Server, client: FreesoundClient, tmp_path: Path
) -> None:
    broken = _broken(cdn, api.url)
    _search(api, [told for told, _ in broken.values()] + [_sound(cdn, 20)])
    result = fetch(client, SEARCH, tmp_path)
    assert (result.new, len(result.failed)) == (1, len(broken))
    for line, (_, said) in zip(result.failed, broken.values(), strict=True):
        assert any(words in line for words in said.split("|")), line
    assert {path.name for path in tmp_path.glob("*.mp3")} == {"20.mp3"}
    assert not list(tmp_path.glob(".swara-*"))


def test_a_failure_that_passes_is_waited_for(
    api: Server, cdn: Server, client: FreesoundClient, clock: Clock, tmp_path: Path
) -> None:
    api.put("/apiv2/search/#1", b"", 429, retry_after="7")
    api.put("/apiv2/search/#1", b"", 500)
    cdn.put("/1.mp3", b"", 500)
    _search(api, [_sound(cdn, 1)])
    assert fetch(client, SEARCH, tmp_path).new == 1
    assert clock.waited == [7.0, 2.0, 1.0]


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (401, {}, "refuses the key"),
        (429, {"retry_after": "3600"}, "wait for 60 minutes"),
        (429, {"retry_after": "Sun, 09 Sep 2001 02:46:40 GMT"}, "wait for 60 minutes"),
        (429, {"retry_after": "60"}, "answers with 429, 4 times"),
        (500, {}, "answers with 500, 4 times"),
        (302, {"location": "http://localhost:9/apiv2/search/"}, "another host, localhost"),
        (302, {"location": "/apiv2/search/"}, "redirects without end"),
        (200, {}, "cannot be read"),
    ],
)
def test_an_api_that_refuses_is_said_in_one_line(
    api: Server,
    client: FreesoundClient,
    clock: Clock,
    tmp_path: Path,
    status: int,
    headers: dict[str, str],
    said: str,
) -> None:
    api.put("/apiv2/search/#1", b"[", status, **headers)
    with pytest.raises(FreesoundError) as error:
        fetch(client, SEARCH, tmp_path)
    assert said in str(error.value)
    assert KEY not in str(error.value)
    assert "\n" not in str(error.value)
    assert sum(clock.waited) <= 180


def test_a_next_page_elsewhere_is_not_asked(
    api: Server, cdn: Server, client: FreesoundClient, tmp_path: Path
) -> None:
    elsewhere = f"http://localhost:{cdn.server_port}/apiv2/search/?page=2"
    api.put("/apiv2/search/#1", {"count": 2, "results": [_sound(cdn, 1)], "next": elsewhere})
    with pytest.raises(FreesoundError, match="next page is at localhost"):
        fetch(client, SEARCH, tmp_path)
    assert list(kept_sounds(tmp_path)) == [1]
    assert "note 1" in (tmp_path / "ATTRIBUTION.md").read_text()
    assert [path for path, _ in cdn.asked] == ["/1.mp3"]


def test_a_search_without_result_and_an_api_that_is_not_there(
    api: Server, client: FreesoundClient, clock: Clock, tmp_path: Path
) -> None:
    _search(api, [])
    for ask in (lambda: fetch(client, SEARCH, tmp_path), lambda: estimate(client, SEARCH)):
        with pytest.raises(FreesoundError, match='nothing on Freesound answers to "cello"'):
            ask()
    lost = FreesoundClient(KEY, base_url="http://127.0.0.1:9", now_s=lambda: 0.0, sleep=clock.sleep)
    with pytest.raises(FreesoundError, match="cannot be reached"):
        fetch(lost, SEARCH, tmp_path)


def test_a_disk_that_fills_keeps_what_is_whole(
    api: Server, cdn: Server, client: FreesoundClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _search(api, [_sound(cdn, 1), _sound(cdn, 2), _sound(cdn, 3)])
    blocks = download._blocks

    def filling(answer: Any) -> Iterator[bytes]:
        yield from blocks(answer)
        if answer.url.endswith("/2.mp3"):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(download, "_blocks", filling)
    with pytest.raises(OutputError, match="no space left on device"):
        fetch(client, SEARCH, tmp_path)
    assert [path.name for path in tmp_path.glob("*.mp3")] == ["1.mp3"]
    assert not list(tmp_path.glob(".swara-*"))
    monkeypatch.setattr(download, "_blocks", blocks)
    assert fetch(client, SEARCH, tmp_path) == download.Fetched(2, 1, ())


def test_requests_keep_to_a_minute_and_a_day(
    api: Server, cdn: Server, client: FreesoundClient, clock: Clock
) -> None:
    _search(api, [_sound(cdn, 1)])
    for _ in range(61):
        next(client.pages("cello", ""))
    assert clock.waited == [60.0]
    client.requests_made = A_DAY
    with pytest.raises(FreesoundError, match="2000 requests a day"):
        next(client.pages("cello", ""))


def test_originals_go_with_the_token_which_stays_with_the_api(
    api: Server, cdn: Server, client: FreesoundClient, tmp_path: Path
) -> None:
    import hashlib

    whole = _mp3(1)
    _search(
        api,
        [_sound(cdn, 1, md5=hashlib.md5(whole).hexdigest()), _sound(cdn, 2, md5="0" * 32), _sound(cdn, 3)],
    )
    for number in (1, 2):
        api.put(f"/apiv2/sounds/{number}/download/", b"", 302, location=f"{cdn.url}/{number}.mp3")
    result = fetch(client, Search("cello", "cello", originals=True), tmp_path)
    assert (tmp_path / "1.wav").read_bytes() == whole
    assert [("not what Freesound has" in line, "404" in line) for line in result.failed] == [
        *((True, False), (False, True))
    ]
    assert [key for path, key in api.asked if "sounds" in path] == ["Bearer token"] * 3
    assert [key for _, key in cdn.asked] == [None, None]


def test_an_estimate_asks_once_and_fetches_nothing(api: Server, cdn: Server, client: FreesoundClient) -> None:
    api.put(
        "/apiv2/search/#1",
        {"count": 9000, "results": [_sound(cdn, 1), _sound(cdn, 2, duration=1.5)], "next": None},
    )
    told = estimate(client, Search("cello", "cello", limit=5000))
    assert (told.found, told.sounds, told.requests, told.days, told.bytes) == (9000, 5000, 34, 1, 80_000_000)
    told = estimate(client, Search("cello", "cello", limit=5000, originals=True))
    assert (told.requests, told.days, told.bytes) == (5034, 3, 25_000_000)
    assert (len(api.asked), cdn.asked) == (2, [])


@pytest.mark.parametrize("key", ["", "two words", "ключ"])
def test_a_key_that_is_none_is_said_before_anything_is_asked(key: str) -> None:
    with pytest.raises(FreesoundError, match="FREESOUND_API_KEY"):
        freesound_client({"FREESOUND_API_KEY": key}, originals=False)
    with pytest.raises(FreesoundError, match="FREESOUND_OAUTH_TOKEN"):
        freesound_client({"FREESOUND_API_KEY": "k"}, originals=True)
