"""One singer at a time: what comes through a socket is heard in a thread, and what is told waits its turn."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import cache
from threading import Condition, Lock, Thread
from typing import Any, Final

from swara.classifier.pitch.network import PitchNetwork
from swara.data.audio.decode import MIN_DURATION_S
from swara.raga.errors import SwaraError
from swara.service.live import Frames, LiveSession, LiveSettings, parse_task, processing, to_message

from .frames import Block, Hello

__all__ = ["MOST_WAITING_S", "TOLD_AFTER_S", "Singer", "Told", "singers_network"]

TOLD_AFTER_S: Final = 0.2
"""Where sound waits longer the singer is told: a line that lags in silence is no line to sing by."""

MOST_WAITING_S: Final = 2.0
"""Sound that waits longer is dropped. A session hears five times as fast as one sings: less is caught
up with, and is missing from no take."""

_MOST_BLOCKS = 2000
"""So many blocks are held whatever happens: 33 MB."""

_MOST_TOLD = 1000
"""So many messages wait for a client that does not read; then the line of the past is dropped."""

_TURN = Lock()
"""One session hears at a time. A block takes 3 ms; four threads at once, on one lock of Python, took
14 ms each, beside other work on two cores, and 3 ms in turns."""

_PASSING = ("frames", "level")


@cache
def singers_network() -> PitchNetwork:
    """Return the network that singers share; the other is busy where a take is analyzed."""
    return PitchNetwork()


class Told:
    """The messages that wait to be sent, oldest first; used by the event loop alone.

    Attributes
    ----------
    dropped : int
        How many were dropped since the client was last told.
    """

    def __init__(self) -> None:
        self._waiting: deque[dict[str, Any]] = deque()
        self._news = asyncio.Event()
        self.dropped = 0

    def add(self, message: dict[str, Any]) -> None:
        """Put a message at the end; of what only shows the present, the oldest makes room."""
        self._waiting.append(message)
        if len(self._waiting) > _MOST_TOLD:
            kept = [each for each in self._waiting if each["type"] not in _PASSING]
            self.dropped += len(self._waiting) - len(kept)
            self._waiting = deque(kept[-_MOST_TOLD:])
        self._news.set()

    async def next(self) -> dict[str, Any]:
        """Wait for the oldest message."""
        while not self._waiting:
            self._news.clear()
            await self._news.wait()
        if self.dropped:
            dropped_ms, self.dropped = 20 * self.dropped, 0
            return {"type": "behind", "waiting_ms": 0, "dropped_ms": dropped_ms, "unsent": True}
        return self._waiting.popleft()


class Singer(Thread):
    """A live session in a thread of its own.

    Parameters
    ----------
    hello : Hello
        What comes.
    settings : LiveSettings
        What to judge against.
    session_id : str
        What the take will be called.
    tell : callable
        Takes each message, in this thread.

    Attributes
    ----------
    session : LiveSession
        To be asked once the thread has ended.
    """

    def __init__(
        self,
        hello: Hello,
        settings: LiveSettings,
        session_id: str,
        tell: Callable[[dict[str, Any]], None],
    ) -> None:
        super().__init__(name=f"singer {session_id}", daemon=True)
        self.hello, self.session_id, self._tell = hello, session_id, tell
        self.session = LiveSession(settings, hello.rate_hz, network=singers_network())
        self._waiting: deque[tuple[float, Block | Callable[[], None] | None]] = deque()
        self._change = Condition()
        self._expected: int | None = None
        self._last: dict[str, Any] = {"number": 0, "captured_ms": 0.0, "judged_ms": 0.0}
        self._late = False
        self.received = self.judged = self.dropped = 0

    def hear(self, block: Block) -> None:
        """Put a block at the end, where there is room; that it is missing is told with the next."""
        self.received += 1
        if len(self._waiting) < _MOST_BLOCKS:
            self._put(block)
        else:
            self.dropped += 1

    def do(self, what: Callable[[], None] | None) -> None:
        """Do something between two blocks; None ends the session."""
        self._put(what)

    def _put(self, item: Block | Callable[[], None] | None) -> None:
        with self._change:
            self._waiting.append((time.monotonic(), item))
            self._change.notify()

    def change(self, settings: LiveSettings) -> None:
        """Judge against something else from here on."""
        self.do(lambda: self._events(self.session.change(settings)))

    def measure(self, what: Any) -> None:
        """Listen for Sa, Pa or the drone from here on."""

        def begin() -> None:
            try:
                self.session.measure(what)
            except ValueError as error:
                self._tell({"type": "error", "code": "measure", "message": str(error)})

        self.do(begin)

    def drill(self, plan: Mapping[str, Any] | None) -> None:
        """Listen for an attempt at a task from here on; None if there is none."""

        def begin() -> None:
            settings = self.session.settings
            try:
                self.session.drill(None if plan is None else parse_task(plan, settings.raga, settings.tuning))
            except SwaraError as error:
                self._tell({"type": "error", "code": "drill", "message": str(error)})

        self.do(begin)

    def run(self) -> None:
        """Hear what comes until the end is said."""
        self._events((self.session.ready(), processing(self.hello.microphone)))
        while True:
            with self._change:
                while not self._waiting:
                    self._change.wait()
                came, item = self._waiting.popleft()
            if item is None:
                self._events(self.session.finish())
                return
            if callable(item):
                item()
            elif time.monotonic() - came > MOST_WAITING_S:
                self._fall_behind(came, item)
            else:
                self._tell_if_late(time.monotonic() - came)
                self._hear(item)

    @property
    def has_take(self) -> bool:
        """Whether enough was heard for a take."""
        return self.session.heard_s >= MIN_DURATION_S

    def _hear(self, block: Block) -> None:
        self._notice_gap(block)
        began = time.perf_counter()
        self._last |= {"number": block.number, "captured_ms": block.captured_ms}
        try:
            with _TURN:
                for event in self.session.hear(block.samples):
                    self._last["judged_ms"] = round(1000.0 * (time.perf_counter() - began), 2)
                    self._events((event,))
        except SwaraError as error:
            self._tell({"type": "error", "code": "sound", "message": str(error)})
            return
        self.judged += 1

    def _tell_if_late(self, waited_s: float) -> None:
        """Say once that what is shown is late, until it is on time again."""
        late = waited_s > TOLD_AFTER_S
        if late and not self._late:
            self._tell({"type": "behind", "waiting_ms": round(1000.0 * waited_s), "dropped_ms": 0})
        self._late = late

    def _notice_gap(self, block: Block) -> None:
        """Tell of blocks that never came: what was sung meanwhile is missing from line and take."""
        if self._expected is not None and block.number != self._expected:
            missing = (block.number - self._expected) % 2**32
            each_ms = 1000.0 * len(block.samples) / self.hello.rate_hz
            lost_ms = round(each_ms * missing) if missing < 2**31 else 0
            self._tell({"type": "behind", "waiting_ms": 0, "dropped_ms": lost_ms, "missing": True})
        self._expected = (block.number + 1) % 2**32

    def _fall_behind(self, came: float, first: Block) -> None:
        """Drop what waits, up to the next thing to do, and say so."""
        dropped = [first]
        with self._change:
            while self._waiting and isinstance(self._waiting[0][1], Block):
                dropped.append(self._waiting.popleft()[1])  # type: ignore[arg-type]
        self.dropped += len(dropped)
        self._expected = (dropped[-1].number + 1) % 2**32
        dropped_ms = 1000.0 * sum(len(block.samples) for block in dropped) / self.hello.rate_hz
        waiting_ms = 1000.0 * (time.monotonic() - came)
        self._tell({"type": "behind", "waiting_ms": round(waiting_ms), "dropped_ms": round(dropped_ms)})

    def _events(self, events: tuple[Any, ...]) -> None:
        for event in events:
            message = to_message(event)
            if isinstance(event, Frames):
                message |= self._last
            elif message["type"] == "ready":
                message["session"] = self.session_id
            self._tell(message)
