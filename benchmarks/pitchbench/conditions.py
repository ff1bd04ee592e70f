"""What the trackers are heard in, each under a short name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from . import quiet, ranges, real, sounds
from .made import made_voices
from .material import Sung

__all__ = ["Condition", "conditions"]

_LEVELS_DB = (10.0, 5.0, 0.0)
_ROOM_DB, _NOISE_DB = 5.0, 10.0


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition.

    Parameters
    ----------
    name, title : str
        On the command line, and on the page.
    make : callable
        Returns what is heard; the same every time.
    needs : tuple of str
        Folders of the evaluation recordings.
    group : str
        ``voices``, ``made``, ``recordings``, ``range`` or ``quiet``: which table it belongs to.
    """

    name: str
    title: str
    make: Callable[[], list[Sung]]
    needs: tuple[str, ...] = ()
    group: str = "voices"


def conditions(root: Path | None) -> Mapping[str, Condition]:
    """Return every condition whose recordings are there, by name."""
    found = [*(_real(root) if root is not None else ()), *_made(), *_quiet(root)]
    return {c.name: c for c in found if not c.needs or (root and all((root / f).is_dir() for f in c.needs))}


def _real(root: Path) -> list[Condition]:
    voices, tanpuras = cache(partial(real.voices, root)), cache(partial(sounds.real_tanpuras, root))
    rooms = cache(partial(sounds.real_rooms, root))

    def drone(level_db: float) -> list[Sung]:
        return sounds.over_tanpura(voices(), tanpuras(), level_db)

    world, drones, halls = "f0_truth/world_resynth", "tanpura", "noise_and_rooms/ir"
    return [
        Condition("clean", "clean", voices, (world,)),
        *(
            Condition(f"tanpura{db:.0f}", f"tanpura {db:.0f} dB", partial(drone, db), (world, drones))
            for db in _LEVELS_DB
        ),
        Condition("room", "room", lambda: sounds.in_room(voices(), rooms()[:1]), (world, halls)),
        Condition(
            "rooms",
            "four rooms in turn, two of them halls",
            lambda: sounds.in_room(voices(), rooms()),
            (world, halls),
        ),
        Condition(
            "tanpura5room",
            "tanpura 5 dB + room",
            lambda: sounds.over_tanpura(
                sounds.in_room(voices(), rooms()[:1]), tanpuras(), _ROOM_DB, rooms()[:1]
            ),
            (world, drones, halls),
        ),
        Condition("pink10", "pink noise 10 dB", lambda: sounds.over_noise(voices(), _NOISE_DB), (world,)),
        Condition(
            "concert", "concert excerpts", partial(real.concert, root), ("hindustani_concert",), "recordings"
        ),
        Condition("calan", "calans", partial(real.calan, root), ("hindustani_calan",), "recordings"),
        Condition(
            "vocadito", "vocadito_1", partial(real.vocadito, root), ("f0_truth/vocadito",), "recordings"
        ),
        Condition("vibrato", "vibrato voices", partial(real.vibrato, root), ("vibrato_voice",), "recordings"),
        Condition("range", "voices moved by WORLD", lambda: ranges.moved(voices()), (world,), "range"),
    ]


def _made() -> list[Condition]:
    voices = cache(made_voices)
    return [
        Condition("made-clean", "clean", voices, group="made"),
        *(
            Condition(
                f"made-tanpura{db:.0f}",
                f"tanpura {db:.0f} dB",
                partial(lambda db: sounds.over_made_tanpura(voices(), db), db),
                group="made",
            )
            for db in _LEVELS_DB
        ),
        Condition("made-room", "room", lambda: sounds.in_room(voices(), sounds.made_rooms()), group="made"),
        Condition(
            "made-tanpura5room",
            "tanpura 5 dB + room",
            lambda: sounds.over_made_tanpura(
                sounds.in_room(voices(), sounds.made_rooms()), _ROOM_DB, sounds.made_rooms()
            ),
            group="made",
        ),
        Condition(
            "made-pink10", "pink noise 10 dB", lambda: sounds.over_noise(voices(), _NOISE_DB), group="made"
        ),
        Condition("made-range", "synthesized voices", ranges.made, group="range"),
    ]


def _quiet(root: Path | None) -> list[Condition]:
    return [
        Condition("silence", "silence", quiet.silence, group="quiet"),
        Condition("white", "white noise", quiet.white_noise, group="quiet"),
        *(
            []
            if root is None
            else [
                Condition(
                    "drone", "real tanpura alone", partial(quiet.tanpura_alone, root), ("tanpura",), "quiet"
                )
            ]
        ),
        Condition("made-drone", "synthesized tanpura alone", quiet.made_tanpura_alone, group="quiet"),
        Condition("tabla", "synthesized tabla", quiet.tabla_alone, group="quiet"),
        Condition("breath", "breath", quiet.breath, group="quiet"),
    ]
