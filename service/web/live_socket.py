"""The socket of the live page: its messages, as docs/live.md has them, and what is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from anyio.to_thread import run_sync
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from swara.raga.errors import SwaraError

from .frames import Pace, read_block, read_hello
from .singer import Singer, Told
from .takes import Takes, new_id, parse_object, read_settings

__all__ = ["MOST_SINGERS", "LiveSocket"]

MOST_SINGERS: Final = 8
"""Sockets that sing at once; each holds up to 77 MB of sound."""

_SUBPROTOCOL = "swara.live.1"
_MOST_REFUSED = 20
"""Messages that cannot be read before the socket is closed."""

_MOST_STALLED_S = 30.0
"""How long a client may read nothing."""

_POLICY, _AGAIN = 1008, 1013


class _Close(Exception):
    """The socket is to be closed, with this code and these words."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


class LiveSocket:
    """One client; it may sing several takes, one after another.

    Parameters
    ----------
    socket : WebSocket
        Not yet accepted.
    takes : Takes
        Where a take goes.
    """

    singing = 0

    def __init__(self, socket: WebSocket, takes: Takes) -> None:
        self._socket, self._takes = socket, takes
        self._told, self._pace = Told(), Pace()
        self._loop = asyncio.get_running_loop()
        self._singer: Singer | None = None
        self._settings: Mapping[str, Any] = {}
        self._refused = 0

    async def run(self) -> None:
        """Serve the client until it goes; a take that it did not end is kept."""
        offered = self._socket.scope["subprotocols"]
        await self._socket.accept(_SUBPROTOCOL if _SUBPROTOCOL in offered else None)
        sending = asyncio.create_task(self._send())
        receiving = asyncio.create_task(self._receive())
        code, words = 1000, ""
        try:
            done, _ = await asyncio.wait({sending, receiving}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except _Close as close:
            code, words = close.code, close.words
        except WebSocketDisconnect as gone:
            code = gone.code
        finally:
            receiving.cancel()
            await self._end(keep=True)
            sending.cancel()
            with suppress(RuntimeError, OSError, WebSocketDisconnect):
                if self._socket.application_state is WebSocketState.CONNECTED:
                    await asyncio.wait_for(self._last_words(code, words), 2.0)

    async def _last_words(self, code: int, words: str) -> None:
        if words:
            await self._socket.send_json({"type": "error", "code": str(code), "message": words})
        await self._socket.close(code if code in (_POLICY, _AGAIN) else 1000, words[:100])

    async def _send(self) -> None:
        while True:
            message = await self._told.next()
            sending = self._socket.send_text(json.dumps(message, ensure_ascii=False, allow_nan=False))
            try:
                await asyncio.wait_for(sending, _MOST_STALLED_S)
            except TimeoutError:
                raise _Close(_AGAIN, "nothing was read for 30 s; the take so far is kept") from None

    async def _receive(self) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                raise WebSocketDisconnect(message.get("code", 1005))
            if not self._pace.admits_one():
                raise _Close(_POLICY, "too many messages a second; the take so far is kept")
            try:
                if (data := message.get("bytes")) is not None:
                    self._hear(data)
                else:
                    await self._obey(parse_object(message.get("text") or ""))
            except SwaraError as error:
                self._refuse(str(error))

    def _refuse(self, words: str) -> None:
        self._refused += 1
        if self._refused > _MOST_REFUSED:
            raise _Close(_POLICY, "too many messages that cannot be read; the take so far is kept")
        self._told.add({"type": "error", "code": "refused", "message": words})

    def _hear(self, data: bytes) -> None:
        if self._singer is None:
            raise SwaraError("sound came before hello")
        self._singer.hear(read_block(data, self._singer.hello.channels))

    async def _obey(self, message: Mapping[str, Any]) -> None:
        match message.get("type"):
            case "hello":
                await self._begin(message)
            case "settings":
                given = message.get("settings", message)
                settings = await run_sync(read_settings, given, self._takes.store)
                self._singing().change(settings)
                self._settings = given
            case "measure":
                self._singing().measure(message.get("what"))
            case "drill":
                plan = message.get("plan")
                if plan is not None and not isinstance(plan, Mapping):
                    raise SwaraError("a drill's plan is an object, or null")
                self._singing().drill(plan)
            case "stop":
                self._singing()
                await self._end(keep=message.get("keep") is not False)
            case kind:
                raise SwaraError(f"a message of type {str(kind)[:40]!r} is none that is known here")

    def _singing(self) -> Singer:
        if self._singer is None:
            raise SwaraError("nothing is sung now: send hello first")
        return self._singer

    async def _begin(self, message: Mapping[str, Any]) -> None:
        if self._singer is not None:
            raise SwaraError("a take is sung already: send stop first")
        hello = read_hello(message)
        settings = await run_sync(read_settings, hello.settings, self._takes.store)
        self._takes.refuse_more()
        if LiveSocket.singing >= MOST_SINGERS:
            raise SwaraError(f"{MOST_SINGERS} sing already", fix="Close another tab")
        singer = await run_sync(Singer, hello, settings, new_id(), self._tell)
        LiveSocket.singing += 1
        self._singer, self._settings = singer, hello.settings
        singer.start()

    def _tell(self, message: dict[str, Any]) -> None:
        with suppress(RuntimeError):  # the loop is closed: the server ends
            self._loop.call_soon_threadsafe(self._told.add, message)

    async def _end(self, *, keep: bool) -> None:
        """End the take that is sung, if one is, and say what became of it."""
        singer, self._singer = self._singer, None
        if singer is None:
            return
        try:
            singer.do(None)
            await run_sync(singer.join)
            self._tell(await run_sync(self._kept, singer, keep))
        finally:
            LiveSocket.singing -= 1

    def _kept(self, singer: Singer, keep: bool) -> dict[str, Any]:
        said = {"type": "take", "id": singer.session_id, "kept": False, "duration_s": singer.session.heard_s}
        said |= {
            "received": singer.received,
            "judged": singer.judged,
            "dropped": singer.dropped,
            "notice": None,
        }
        if not keep or not singer.has_take:
            return {**said, "words": "" if not keep else "Nothing was sung that could be kept"}
        try:
            take = self._takes.keep_sung(singer.session.clip, self._settings, singer.session_id)
        except SwaraError as error:
            return {**said, "words": str(error)}
        return {**said, "kept": True, "duration_s": take.duration_s, "notice": take.notice or None}
