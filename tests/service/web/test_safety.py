"""Who gets in, and what is refused: each through a real socket."""

from __future__ import annotations

import io
import json
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
from websockets.exceptions import ConnectionClosed, InvalidStatus

from swara.service.web import uploads
from swara.service.web.guard import TOKEN_HEADER

if TYPE_CHECKING:
    from conftest import Page

EVIL = "http://evil.example"


def _cookie(page: Page) -> str:
    opened = page.ask(f"/?token={page.token}", headers={TOKEN_HEADER: None})
    assert opened.status == 200
    return opened.headers["set-cookie"]


def test_the_page_opens_by_the_token_in_its_url_and_then_by_a_cookie(page: Page) -> None:
    cookie = _cookie(page)
    assert f"swara_{page.port}=" in cookie
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
    kept = {TOKEN_HEADER: None, "cookie": f"broken; {cookie.split(';')[0]}"}
    assert page.ask("/api/takes", headers=kept).status == 200
    assert page.ask("/", headers=kept).status == 200


def test_every_answer_says_what_browsers_may_do_with_it(page: Page) -> None:
    for answer in (
        page.ask("/"),
        page.ask("/api/takes"),
        page.ask("/none"),
        page.ask("/", headers={"host": "x"}),
    ):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] in ("no-store", "no-cache")
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"host": "evil.example"}, 421, id="foreign host"),
        pytest.param({"host": "evil.example", "origin": EVIL}, 421, id="after DNS rebinding"),
        pytest.param({"host": None}, 400, id="no host"),
        pytest.param({"origin": EVIL}, 403, id="foreign origin, with the token"),
        pytest.param({"origin": "null"}, 403, id="a sandboxed frame"),
        pytest.param({"origin": "http://localhost:1"}, 403, id="another port"),
        pytest.param({TOKEN_HEADER: None}, 401, id="no token"),
        pytest.param({TOKEN_HEADER: "wrong"}, 401, id="a wrong token"),
        pytest.param({TOKEN_HEADER: "\u00e9"}, 401, id="a token that is not ASCII"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_who_is_not_ours_is_refused(page: Page, headers: dict, status: int, method: str) -> None:
    answer = page.ask("/api/takes", method, headers=headers)
    refused = {401, 403} if status == 401 and method != "GET" else {status}
    assert answer.status in refused
    assert page.is_up()


def test_a_cookie_without_an_origin_changes_nothing(page: Page) -> None:
    kept = {TOKEN_HEADER: None, "cookie": _cookie(page).split(";")[0]}
    assert page.ask("/api/takes/none", "DELETE", headers=kept).status == 403
    assert page.ask("/api/takes/none", "DELETE", headers=kept | {"origin": page.origin}).status == 404


def test_a_token_in_the_form_of_a_foreign_page_opens_nothing(page: Page) -> None:
    body = f"token={page.token}".encode()
    form = {"origin": EVIL, TOKEN_HEADER: None, "content-type": "application/x-www-form-urlencoded"}
    assert page.ask(f"/?token={page.token}", "POST", body=body, headers=form).status == 403
    assert page.ask("/api/takes", "POST", body=body, headers=form).status == 403


def test_the_token_in_a_url_opens_nothing_but_the_page(page: Page) -> None:
    assert page.ask(f"/api/takes?token={page.token}", headers={TOKEN_HEADER: None}).status == 401
    assert page.ask(f"/?token={page.token}&token=x", headers={TOKEN_HEADER: None}).status == 401


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(lambda page, cookie: {"origin": EVIL, "cookie": cookie}, id="foreign origin"),
        pytest.param(lambda page, cookie: {"origin": EVIL, TOKEN_HEADER: page.token}, id="and the token"),
        pytest.param(lambda page, cookie: {"cookie": cookie}, id="no origin"),
        pytest.param(lambda page, cookie: {"origin": page.origin}, id="no token"),
    ],
)
def test_a_socket_from_elsewhere_is_refused(page: Page, headers) -> None:
    with pytest.raises(InvalidStatus) as refused, page.socket(**headers(page, _cookie(page).split(";")[0])):
        pass
    assert refused.value.response.status_code == 403


def test_a_socket_after_dns_rebinding_is_refused(page: Page) -> None:
    head = (
        "GET /live HTTP/1.1\r\nhost: evil.example\r\norigin: http://evil.example\r\nconnection: Upgrade\r\n"
        "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        f"{TOKEN_HEADER}: {page.token}\r\n\r\n"
    )
    assert page.raw(head.encode()).status == 403


def test_the_page_opens_its_socket_by_cookie_and_origin(page: Page) -> None:
    with page.socket(origin=page.origin, cookie=_cookie(page).split(";")[0]) as live:
        assert live.subprotocol == "swara.live.1"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/%2e%2e/%2e%2e/pyproject.toml",
        "/static//etc/passwd",
        "/static/..%5capp.py",
        "/api/takes/..%2f..%2fetc",
        "/api/takes/../../etc/passwd",
        "/api/takes/a%00b/sound.wav",
        "/api/takes/none/files/..%2ftake.wav",
        "/%2e%2e/",
    ],
)
def test_no_path_of_a_client_leads_anywhere(page: Page, path: str) -> None:
    answer = page.ask(path)
    assert answer.status == 404
    assert set(answer.json) == {"error"}


def test_a_name_with_a_path_is_only_shown(page: Page, demo) -> None:
    (kept,) = page.upload(("../../../tmp/x\\<b>.flac", demo.read_bytes())).json
    assert kept["name"] == "<b>.flac"
    download = page.ask(f"/api/takes/{kept['id']}/files/notes.csv")
    assert 'filename="_b_-notes.csv"' in download.headers["content-disposition"]
    assert page.ask(f"/api/takes/{kept['id']}", "DELETE").status == 204


def _too_large(monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setattr(uploads, "MOST_BYTES", 100_000)
    return b"x" * 200_000


def test_an_upload_that_says_it_is_too_large_is_refused_unread(page: Page) -> None:
    head = {"content-type": "multipart/form-data; boundary=x", "content-length": "999999999999"}
    answer = page.ask("/api/takes", "POST", headers=head)
    assert answer.status == 413
    assert "400 MB" in answer.json["error"]


@pytest.mark.parametrize("chunked", [False, True])
def test_an_upload_that_is_too_large_is_refused(page: Page, monkeypatch, chunked: bool) -> None:
    body, form = page.form_of(("long.wav", _too_large(monkeypatch)))
    if chunked:
        parts = [body[at : at + 9000] for at in range(0, len(body), 9000)]
        body = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts) + b"0\r\n\r\n"
    length = {"transfer-encoding": "chunked", "content-length": None} if chunked else {}
    answer = page.ask("/api/takes", "POST", body=body, headers={"content-type": form, **length})
    assert answer.status == 413
    assert page.is_up()


@pytest.mark.parametrize("kind", [("FLAC", "PCM_16"), ("OGG", "OPUS")])
def test_hours_of_silence_in_few_bytes_are_refused(page: Page, kind: tuple[str, str]) -> None:
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", 8000, 1, format=kind[0], subtype=kind[1]) as out:
        for _ in range(60):
            out.write(np.zeros(8000 * 60, np.float32))
    assert file.tell() < 2_000_000
    (said,) = page.upload(("silence", file.getvalue())).json
    assert "limit" in said["error"] or "longer" in said["error"]
    assert "/" not in said["error"].split(":")[0]
    assert page.is_up()


def test_too_many_files_and_what_is_no_form_are_refused(page: Page) -> None:
    assert page.upload(*[("a.wav", b"x")] * (uploads.MOST_FILES + 1)).status == 422
    assert page.upload().status == 422
    for body, kind in (
        (b"{}", "application/json"),
        (b"--y", "multipart/form-data"),
        (b"\xff", "multipart/form-data; boundary=x"),
    ):
        assert page.ask("/api/takes", "POST", body=body, headers={"content-type": kind}).status == 422
    assert page.is_up()


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b'{"tonic": 5000}', b'{"raga": "nonsense"}', b'{"tonic": []}', b"[" * 60_000]
)
def test_settings_that_mean_nothing_change_nothing(page: Page, demo, body: bytes) -> None:
    (kept,) = page.upload(("take.flac", demo.read_bytes())).json
    before = page.ask(f"/api/takes/{kept['id']}").body
    answer = page.ask(f"/api/takes/{kept['id']}/judge", "POST", body=body)
    assert answer.status == 422
    assert "\n" not in answer.json["error"]
    assert page.ask(f"/api/takes/{kept['id']}").body == before
    page.ask(f"/api/takes/{kept['id']}", "DELETE")


def _block(number: int, samples: np.ndarray, captured_ms: float = 0.0) -> bytes:
    return struct.pack("<IId", number, 0, captured_ms) + samples.astype("<f4").tobytes()


SOUND = np.zeros(320, np.float32)
NOT_SOUND = [
    pytest.param(b"\x00" * 15, id="a short head"),
    pytest.param(_block(0, np.full(320, np.nan)), id="NaN"),
    pytest.param(_block(0, SOUND, float("inf")), id="a time that is none"),
    pytest.param(_block(0, SOUND) + b"\x00", id="half a sample"),
    pytest.param(_block(0, np.zeros(4097)), id="too long"),
    pytest.param("{", id="no JSON"),
    pytest.param("[1]", id="no object"),
    pytest.param('{"type": "what"}', id="an unknown type"),
    pytest.param('{"type": ["hello"]}', id="a type that is no text"),
    pytest.param('{"type": "hello", "protocol": 1, "rate_hz": 16000}', id="a second hello"),
    pytest.param('{"type": "settings", "raga": "nonsense"}', id="settings that mean nothing"),
    pytest.param("[" * 60_000, id="deep JSON"),
]


@pytest.mark.parametrize("message", NOT_SOUND)
def test_what_cannot_be_read_is_refused_and_nothing_lost(page: Page, message: str | bytes) -> None:
    with page.socket() as live:
        live.send(json.dumps(page.HELLO))
        page.until(live, "processing")
        after = page.sing(live, np.zeros(8000, np.float32))
        live.send(message)
        assert "\n" not in page.until(live, "error")[-1]["message"]
        page.sing(live, np.zeros(8000, np.float32), first=after)
        live.send('{"type": "stop"}')
        take = page.until(live, "take")[-1]
    assert take["kept"]
    assert (take["received"], take["judged"], take["duration_s"]) == (50, 50, 1.0)
    page.ask(f"/api/takes/{take['id']}", "DELETE")


@pytest.mark.parametrize(
    "hello",
    [
        {"protocol": 2},
        {"rate_hz": 1},
        {"rate_hz": "16000"},
        {"rate_hz": float("nan")},
        {"rate_hz": True},
        {"channels": 33},
        {"channels": 0.5},
        {"settings": [1]},
        {"settings": {"tonic": {}}},
        {"microphone": 1},
    ],
)
def test_a_hello_that_means_nothing_is_refused(page: Page, hello: dict) -> None:
    with page.socket() as live:
        live.send(json.dumps({**page.HELLO, **hello}))
        page.until(live, "error")
        live.send(json.dumps(page.HELLO))
        page.until(live, "ready")


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(b"\x82\xfe\xff\xff", id="a long binary message"),
        pytest.param(b"\x81\x82\x00\x00\x00\x00\xff\xfe", id="text that is not UTF-8"),
        pytest.param(b"\xf1\x82\x00\x00\x00\x00\x00\x00", id="reserved bits"),
        pytest.param(b"\x81\x02ab", id="not masked"),
    ],
)
def test_what_is_no_websocket_closes_it_and_keeps_the_take(page: Page, message: bytes) -> None:
    with page.socket() as live:
        live.send(json.dumps(page.HELLO))
        session = page.until(live, "ready")[0]["session"]
        page.sing(live, np.zeros(8000, np.float32))
        page.until(live, "level")
        live.socket.sendall(message + (b"\x00" * 70_000 if message.startswith(b"\x82") else b""))
        with pytest.raises(ConnectionClosed):
            page.drained(live)
    page.kept(session)


def test_ten_thousand_tiny_messages_close_the_socket_and_keep_the_take(page: Page) -> None:
    with page.socket() as live:
        live.send(json.dumps(page.HELLO))
        session = page.until(live, "ready")[0]["session"]
        after = page.sing(live, np.zeros(8000, np.float32), pace=2.0)
        with suppress(ConnectionClosed):
            for number in range(10_000):
                live.send(struct.pack("<IIdf", after + number, 0, 0.0, 0.0))
        with pytest.raises(ConnectionClosed):
            page.drained(live)
        assert live.close_code == 1008
    assert page.kept(session)["duration_s"] >= 0.5
    assert page.is_up()


def test_so_many_refusals_close_the_socket(page: Page) -> None:
    with page.socket() as live:
        with suppress(ConnectionClosed):
            for _ in range(100):
                live.send("{")
        with pytest.raises(ConnectionClosed):
            page.drained(live)
    assert page.is_up()
