"""What the trackers are heard in, each under a short name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path

from benchmarks import recordings
from benchmarks.recordings import Sung, absent_folders
from swara.data.arrays import FloatArray

from . import resung, sounds

_LEVELS_DB = (10.0, 5.0, 0.0)
_HALLS = (1, 3)
"""Which of the recorded rooms, in order of their files, are halls: what the first 50 ms bring lies 2 dB above
what comes later in the one, 3 dB below it in the other, and 12 dB above it or more in both rooms."""

_HALF = 2
"""Of the conditions that are there for one question, only every second clip is made."""

_ROOM_DB, _NOISE_DB = 5.0, 10.0
_WORLD, _TANPURA, _ROOMS = "f0_truth/world_resynth", "tanpura", "noise_and_rooms/ir"

Voices = Callable[[], list[Sung]]


@dataclass(frozen=True, slots=True)
class Condition:
    """What trackers are heard in.

    Its name on the command line and title on the page, which group of tables it belongs to (``voices``,
    ``made``, ``recordings``, ``range``, ``beyond``, ``lines`` or ``quiet``), what makes it, the same every
    time, and the folders of recordings that it needs.
    """

    name: str
    title: str
    group: str
    make: Voices
    needs: tuple[str, ...] = ()


def conditions(root: Path | None) -> Mapping[str, Condition]:
    """Return every condition whose recordings are there, by name."""
    # Without a folder what is made with it is never asked for.
    found = [*_real(root or Path()), *_made(), *_quiet(root or Path())]
    return {c.name: c for c in found if not (c.needs and absent_folders(root, c.needs))}


def _real(root: Path) -> Iterator[Condition]:
    voices = cache(partial(recordings.resynthesised, root))
    drones, rooms = cache(partial(recordings.tanpuras, root)), cache(partial(recordings.room_responses, root))

    def over(sung: list[Sung], level_db: float, responses: Sequence[FloatArray] = ()) -> list[Sung]:
        return sounds.over_tanpura(sung, drones(), level_db, responses)

    *some, with_tanpura, noisy = _disturbed("", "voices", voices, over, lambda: rooms()[:1])
    title = "four rooms in turn, two of them halls"
    all_rooms = Condition(
        "rooms", title, "voices", lambda: sounds.in_room(voices(), rooms()), (_WORLD, _ROOMS)
    )
    yield from (*some, all_rooms, *_halls(voices, rooms), with_tanpura, noisy)
    for name, title, load, folder in (
        ("concert", "concert excerpts", recordings.concert_pitch, "hindustani_concert"),
        ("calan", "calans", recordings.calan_pitch, "hindustani_calan"),
        ("vocadito", "vocadito_1", recordings.vocadito, "f0_truth/vocadito"),
        ("vibrato", "vibrato voices", recordings.vibrato, "vibrato_voice"),
    ):
        yield Condition(name, title, "recordings", partial(load, root), (folder,))
    if find_spec("pyworld"):
        yield from _anew(voices)


def _halls(voices: Voices, rooms: Callable[[], list[FloatArray]]) -> Iterator[Condition]:
    def make() -> list[Sung]:
        return sounds.in_room(voices()[::_HALF], [rooms()[k] for k in _HALLS])

    yield Condition("halls", "the two halls", "voices", make, (_WORLD, _ROOMS))


def _anew(voices: Voices) -> Iterator[Condition]:
    """Yield what WORLD makes of the real voices."""
    for name, title, group, make, step in (
        ("range", "voices moved by WORLD", "range", resung.moved, 1),
        ("below", "voices below", "beyond", resung.below, 1),
        ("above", "voices above", "beyond", resung.above, 1),
        ("steady", "as sung", "lines", resung.as_sung, _HALF),
        ("shaken", "wide vibrato", "lines", resung.shaken, _HALF),
        ("autotuned", "to the semitone", "lines", resung.autotuned, _HALF),
        ("straight", "straight lines", "lines", resung.straight, _HALF),
    ):
        yield Condition(name, title, group, partial(_of, make, voices, step), (_WORLD,))


def _of(make: Callable[[list[Sung]], list[Sung]], voices: Voices, step: int) -> list[Sung]:
    return make(voices()[::step])


def _made() -> Iterator[Condition]:
    voices = cache(sounds.made_voices)
    for condition in _disturbed("made-", "made", voices, sounds.over_made_tanpura, sounds.made_rooms):
        yield Condition(condition.name, condition.title, "made", condition.make)
    yield Condition("made-range", "synthesized voices", "range", sounds.made_range)
    yield Condition("made-below", "tones below", "beyond", partial(sounds.tones, sounds.BELOW_HZ))
    yield Condition("made-above", "tones above", "beyond", partial(sounds.tones, sounds.ABOVE_HZ))
    yield Condition("made-straight", "synthesized straight", "lines", sounds.made_straight)


def _disturbed(
    prefix: str,
    group: str,
    voices: Voices,
    over: Callable[..., list[Sung]],
    rooms: Callable[[], list[FloatArray]],
) -> Iterator[Condition]:
    """Yield the conditions that real and synthesized voices have in common."""

    def drone(level_db: float) -> list[Sung]:
        return over(voices(), level_db)

    def room() -> list[Sung]:
        return sounds.in_room(voices(), rooms())

    yield Condition(f"{prefix}clean", "clean", group, voices, (_WORLD,))
    for db in _LEVELS_DB:
        name, title = f"{prefix}tanpura{db:.0f}", f"tanpura {db:.0f} dB"
        yield Condition(name, title, group, partial(drone, db), (_WORLD, _TANPURA))
    yield Condition(f"{prefix}room", "room", group, room, (_WORLD, _ROOMS))
    name, title = f"{prefix}tanpura{_ROOM_DB:.0f}room", f"tanpura {_ROOM_DB:.0f} dB + room"
    both = (_WORLD, _TANPURA, _ROOMS)
    yield Condition(name, title, group, lambda: over(room(), _ROOM_DB, rooms()), both)
    name, title = f"{prefix}pink{_NOISE_DB:.0f}", f"pink noise {_NOISE_DB:.0f} dB"
    yield Condition(name, title, group, lambda: sounds.over_noise(voices(), _NOISE_DB), (_WORLD,))


def _quiet(root: Path) -> Iterator[Condition]:
    for name, title in (
        ("silence", "silence"),
        ("white", "white noise"),
        ("made-drone", "synthesized tanpura alone"),
        ("tabla", "synthesized tabla"),
        ("breath", "breath"),
    ):
        yield Condition(name, title, "quiet", partial(sounds.nobody, name))
    for name, title in (
        ("drone", "real tanpura, from anywhere"),
        ("cycles", "each cycle once"),
        ("loops", "electronic, looped"),
        ("retuned", "looped on other Sas"),
    ):
        yield Condition(name, title, "quiet", partial(sounds.tanpura_alone, name, root), (_TANPURA,))
