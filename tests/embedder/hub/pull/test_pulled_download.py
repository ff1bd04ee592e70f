"""A download comes through a bad network whole, or says why not; it never hangs."""

from __future__ import annotations

import errno
import http.client
import io
import json
import os
import socket
import time
import urllib.request
from dataclasses import replace
from io import BufferedWriter
from pathlib import Path

import pytest

from swara.data.errors import OutputError
from swara.embedder.hub.pull.download import Beginning, PartFile, Patience, Trouble, _Redirections, download

LIMIT = 1_000_000


@pytest.fixture
def part(tmp_path: Path) -> PartFile:
    return PartFile(tmp_path / "model.part")


@pytest.fixture
def get(site, part: PartFile, quick: Patience):
    """Download what the site has; return the waits between the tries."""

    def get(how: Patience = quick, **more) -> list[float]:
        waits_s: list[float] = []
        download(site.url, part, how, **({"largest_bytes": LIMIT, "sleep": waits_s.append} | more))
        return waits_s

    return get


def test_a_file_arrives_as_it_is(site, part: PartFile, get) -> None:
    seen: list[tuple[str, int, int | None]] = []

    get(progress=lambda *step: seen.append(step))

    assert part.path.read_bytes() == site.content
    assert seen[-1] == ("downloading", len(site.content), len(site.content))
    assert "range" not in site.asked[0]


def test_one_cut_short_goes_on_from_there(site, part: PartFile, get) -> None:
    site.plan("cut_after 400")

    waits_s = get()

    assert part.path.read_bytes() == site.content
    assert len(waits_s) == 1
    assert (site.asked[1]["range"], site.asked[1]["if-range"]) == ("bytes=400-", '"one"')


def test_the_next_pull_goes_on_too(site, part: PartFile, get) -> None:
    site.plan("cut_after 300", *["503"] * 9)
    with pytest.raises(Trouble, match="503"):
        get()
    assert part.size_bytes == 300
    site.plan()

    get()

    assert part.path.read_bytes() == site.content
    assert site.asked[-1]["range"] == "bytes=300-"


def test_a_whole_file_is_not_asked_for_again(site, get) -> None:
    get()
    get()

    assert len(site.asked) == 1


@pytest.mark.parametrize("behaviour", ["without_ranges", "416"])
def test_a_server_that_cannot_go_on_starts_over(site, part: PartFile, behaviour: str, get) -> None:
    site.plan("cut_after 400", behaviour)

    get()

    assert part.path.read_bytes() == site.content


def test_another_file_meanwhile_is_not_mixed_in(site, part: PartFile, get) -> None:
    site.plan("cut_after 400", *["503"] * 9)
    with pytest.raises(Trouble):
        get()
    site.content, site.tag = b"another" * 500, '"two"'
    site.plan()

    get()

    assert part.path.read_bytes() == b"another" * 500


def test_a_rest_of_another_length_is_not_mixed_in(site, part: PartFile, get) -> None:
    """A server without tags, on which the file changed."""
    part.path.write_bytes(b"old" * 50)
    part.note.write_text(json.dumps({"url": site.url, "total_bytes": 200, "validator": None}), "utf-8")

    get()

    assert part.path.read_bytes() == site.content
    assert ["range" in asked for asked in site.asked] == [True, False]


def test_what_another_address_began_is_dropped(site, part: PartFile, get) -> None:
    part.begin(Beginning("http://127.0.0.1/other", 10_000, None))
    part.path.write_bytes(b"other")

    get()

    assert part.path.read_bytes() == site.content


@pytest.mark.parametrize("note", [b"", b"[]", b'{"url": 1}', b"\xff", None])
def test_a_part_of_nobody_knows_what_is_dropped(site, part: PartFile, note: bytes | None, get) -> None:
    part.path.write_bytes(b"something")
    if note is not None:
        part.note.write_bytes(note)

    get()

    assert part.path.read_bytes() == site.content


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again(site, part: PartFile, code: int, get, quick: Patience) -> None:
    site.plan(str(code), str(code))

    waits_s = get(replace(quick, first_wait_s=1.0))

    assert part.path.read_bytes() == site.content
    assert waits_s == [1.0, 2.0]


def test_as_late_as_it_asks_for_but_not_later_than_we_care(site, get, quick: Patience) -> None:
    site.plan("503 Retry-After 7", "503 Retry-After 86400")

    assert get() == [7.0, quick.longest_wait_s]


def test_not_for_ever(site, get, quick: Patience) -> None:
    site.plan(*["503"] * 99)

    with pytest.raises(Trouble, match="503"):
        get()

    assert len(site.asked) == quick.tries


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_an_address_that_is_wrong_is_asked_once(site, code: int, get) -> None:
    site.plan(*[str(code)] * 9)

    with pytest.raises(Trouble, match=str(code)):
        get()

    assert len(site.asked) == 1


def test_a_web_page_is_no_file(site, part: PartFile, get) -> None:
    site.plan("web_page")

    with pytest.raises(Trouble, match="web page"):
        get()

    assert not part.path.exists()


@pytest.mark.parametrize("behaviour", ["stall", "stall_after 400", "trickle"])
def test_no_stalling_server_is_waited_for_long(site, behaviour: str, get, quick: Patience) -> None:
    site.plan(*[behaviour] * 9)
    began_s = time.monotonic()

    with pytest.raises(Trouble):
        get(replace(quick, tries=2))

    assert time.monotonic() - began_s < 4.0
    assert len(site.asked) == 2


def test_a_look_up_without_end_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, get, quick: Patience
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(5.0))
    began_s = time.monotonic()

    with pytest.raises(Trouble, match=r"no answer within 0\.2 s"):
        get(replace(quick, tries=1, opening_s=0.2))

    assert time.monotonic() - began_s < 2.0


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), "no network"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "network is unreachable"),
    ],
)
def test_no_network_is_said_soon(monkeypatch: pytest.MonkeyPatch, get, reason: OSError, said: str) -> None:
    asked: list[int] = []
    waited: list[float] = []

    def offline(*_: object, **__: object) -> None:
        asked.append(1)
        raise reason

    monkeypatch.setattr(socket, "getaddrinfo", offline)

    with pytest.raises(Trouble, match=said):
        get(sleep=waited.append)
    assert len(asked) == 2
    assert len(waited) == 1  # a second, not seven: without a network the answer is to be there soon


def test_nobody_listening_is_said(part: PartFile, quick: Patience) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    with pytest.raises(Trouble, match="refused"):
        download(f"http://127.0.0.1:{port}/", part, quick, largest_bytes=LIMIT, sleep=lambda _: None)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://127.0.0.1/a", "yamnet", "", "http://[::1"])
def test_only_addresses_of_the_web_are_opened(part: PartFile, url: str, quick: Patience) -> None:
    with pytest.raises(Trouble, match="address"):
        download(url, part, quick, largest_bytes=LIMIT, sleep=lambda _: None)


@pytest.mark.parametrize("target", ["file:///etc/hostname", "ftp://127.0.0.1/a"])
def test_nor_redirected_to(site, part: PartFile, target: str, get) -> None:
    site.plan(*[f"302 Location {target}"] * 9)

    with pytest.raises(Trouble):
        get()

    assert not part.path.exists()


def test_a_redirection_is_followed_with_the_range(site, part: PartFile, get) -> None:
    site.plan("cut_after 400", "302 Location /elsewhere")

    get()

    assert part.path.read_bytes() == site.content
    assert site.asked[-1]["range"] == "bytes=400-"


def test_nor_from_a_secure_address_to_another() -> None:
    secure = urllib.request.Request("https://models.example/yamnet")
    given = (secure, io.BytesIO(), 302, "Found", http.client.HTTPMessage())

    assert _Redirections().redirect_request(*given, "https://elsewhere.example/yamnet") is not None
    with pytest.raises(Trouble, match="not secure"):
        _Redirections().redirect_request(*given, "http://elsewhere.example/yamnet")


def test_too_long_a_file_is_not_begun(part: PartFile, get) -> None:
    with pytest.raises(Trouble, match="longer than"):
        get(largest_bytes=100)

    assert not part.path.exists()


def test_nor_one_that_does_not_say_how_long_it_is(site, part: PartFile, get) -> None:
    def endless(visit) -> None:
        visit.send_response(200)
        visit.send_header("Connection", "close")
        visit.end_headers()
        while True:
            visit.wfile.write(bytes(10_000))

    site.plan(endless)

    with pytest.raises(Trouble, match="longer than"):
        get()

    assert not part.path.exists()


def test_a_full_disk_is_said_and_the_part_kept(
    site, part: PartFile, monkeypatch: pytest.MonkeyPatch, get
) -> None:
    class Full(BufferedWriter):
        def write(self, content) -> int:
            super().write(content[:100])
            self.flush()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(PartFile, "append", lambda self: Full(self.path.open("ab", buffering=0)))
        with pytest.raises(OutputError, match="no space left") as caught:
            get()
    assert "Free some space" in str(caught.value.fix)
    assert part.size_bytes == 100

    get()

    assert part.path.read_bytes() == site.content
    assert site.asked[-1]["range"] == "bytes=100-"


def test_a_disk_too_small_is_seen_before(part: PartFile, monkeypatch: pytest.MonkeyPatch, get) -> None:
    usage = type("Usage", (), {"free": 100})
    monkeypatch.setattr("swara.embedder.hub.pull.download.shutil.disk_usage", lambda _: usage)

    with pytest.raises(OutputError, match="are free"):
        get()

    assert part.size_bytes == 0
