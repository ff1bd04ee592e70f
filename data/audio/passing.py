"""A recording of any length, gone through without being held."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from swara.data.clip import Samples
from swara.data.errors import AudioError

from .decode import (
    MAX_DURATION_S,
    RATE_HZ,
    Flow,
    Open,
    Poured,
    damage,
    first_that_reads,
    spoken_name,
    understood,
)
from .frames import RunningLevel
from .level import Level
from .piped import opened, readable
from .reader import Refused

__all__ = ["Passing", "decode_in_passing"]


@dataclass(frozen=True, slots=True, eq=False)
class Passing:
    """A recording too long to be held, and what its reader must know about it: a `Sound`.

    Parameters
    ----------
    rate_hz, sample_count : int
        As of the clip that `decode` would make of it.
    warnings, level, track
        As in `Decoded`.
    read : callable
        Begins to decode it once more.
    """

    rate_hz: int
    sample_count: int
    warnings: tuple[str, ...]
    level: Level
    track: int
    read: Callable[[], Generator[Samples, None, None]]

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.sample_count / self.rate_hz

    def blocks(self) -> Iterator[Samples]:
        """Decode it, and yield its samples in order.

        Raises
        ------
        AudioError
            If it cannot be read a second time, or is no longer as long as it was.
        """
        return self.read()


@contextmanager
def decode_in_passing(
    path: Path,
    *,
    rate_hz: int = RATE_HZ,
    max_duration_s: float | None = MAX_DURATION_S,
    track: int | None = None,
) -> Iterator[Passing]:
    """Decode the recording at `path` twice: to learn what there is to know of it, and whenever it is heard.

    Memory does not grow with its length but by 800 bytes a second. Parameters, errors and samples are those
    of `decode`. It is heard by one listener at a time, and by none once this is left.
    """
    where = spoken_name(path)
    with ExitStack() as stack:
        with readable(where):
            source = stack.enter_context(opened(path, where))
            found, refusals = first_that_reads(
                source, where, lambda reader: _survey(reader, where, rate_hz, max_duration_s, track)
            )

        def read() -> Generator[Samples, None, None]:
            # Readers go before the file does: one that went on would read whatever has its number then.
            return stack.enter_context(closing(found.read()))

        yield replace(found, warnings=found.warnings + damage(refusals), read=read)


def _survey(
    open_reader: Open, where: str, rate_hz: int, max_duration_s: float | None, track: int | None
) -> Passing:
    """Read a recording to its end, and keep nothing of it but how it is to be read."""

    def pour(number: int | None, channel: int | None) -> Poured:
        with closing(open_reader(number)) as reader:
            flow = Flow(reader, where, rate_hz, max_duration_s, channel)
            level, count = RunningLevel(rate_hz), 0
            for block in flow.blocks():
                level.add(block)
                count += block.size
            return flow.poured(np.zeros(0, np.float32), count, level.finish())

    found, remarks, channel = understood(pour, track)
    factor = np.float32(10.0 ** (found.level.lift_db / 20.0))

    def read() -> Generator[Samples, None, None]:
        left = found.sample_count
        try:
            with closing(open_reader(found.track)) as reader:
                for block in Flow(reader, where, rate_hz, None, channel).blocks():
                    left -= block.size
                    if left < 0:
                        raise Refused("it has grown")
                    yield block * factor if factor != 1.0 else block
            if left:
                raise Refused("it has become shorter")
        except (Refused, OSError) as error:
            what = f"the recording cannot be read a second time ({error})"
            raise AudioError(what, where=where, fix="Leave it as it is meanwhile, or copy it") from error

    warnings = (*found.faults, *remarks)
    return Passing(rate_hz, found.sample_count, warnings, found.level, found.track, read)
