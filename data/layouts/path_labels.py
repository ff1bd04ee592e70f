"""What the names from the folder down to a file say together.

A lone ``D`` or ``G`` may be a scale or a swara. What stands beside it settles that (``A B C D`` are scales,
``S R G P D`` swaras), or what the rest of the path and ``--tonic`` leave open; else it is an error. Nothing
is guessed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

from swara.data.errors import CorpusError
from swara.raga.ragas import RAGAS
from swara.raga.swaras import SwaraPitch, saptak_name
from swara.raga.tonic_names import ParsedTonic, note_name, tonic_hz

from .parsed_name import ParsedName, parse_name

__all__ = ["LabelledPath", "PathLabels", "swara_name"]

_T = TypeVar("_T")
_Kind: TypeAlias = Literal["swara", "scale"]


@dataclass(frozen=True, slots=True)
class LabelledPath:
    """What a path says; all but `group`, the folder that shares one Sa, may be None.

    `other_raga` is named, and not known yet.
    """

    swara: SwaraPitch | None
    tonic: ParsedTonic | None
    raga: str | None
    other_raga: str | None
    group: Path


class PathLabels:
    """The names of all files of one batch.

    Parameters
    ----------
    root : Path
        The folder that is added; its own name may tell scale and raga, not a swara.
    files : sequence of Path
        All of them below it.
    tonic : ParsedTonic or None
        Sa as the user gave it.
    """

    def __init__(self, root: Path, files: Sequence[Path], tonic: ParsedTonic | None) -> None:
        self._root = root
        self._tonic = tonic
        self._of_root = parse_name(root.name)
        stems = {path: path.stem for path in files}
        self._meanings = {path: parse_name(stems.get(path, path.name)) for path in _with_folders(root, files)}
        self._kinds: dict[Path, _Kind | None] = {}
        self._inside: dict[Path, list[ParsedName]] = {}
        for place, said in self._meanings.items():
            self._inside.setdefault(place.parent, []).append(said)

    def named(self, path: Path) -> LabelledPath:
        """Return what the path of a file says.

        Raises
        ------
        CorpusError
            If it says two things at once, or one that can be read in two ways.
        """
        below = path.relative_to(self._root)
        inner = [self._root / place for place in (*reversed(below.parents), below)][1:]
        chain = [self._meanings[place] for place in inner]
        swaras, scales = _unique(m.swaras for m in chain), _unique(m.scales for m in chain)
        # What its neighbours settle comes first: it helps with the rest.
        for place in sorted(inner, key=lambda place: self._kind_of(place.parent) is None):
            doubt = self._meanings[place].doubt
            if doubt is not None:
                self._settle(place, doubt, swaras, scales)
        swara = _only(swaras, path, "swaras", swara_name)
        tonic = self._scale(scales, path)
        ragas = _unique((*m.ragas, *m.other_ragas) for m in chain)
        raga = _only(ragas or [*self._of_root.ragas, *self._of_root.other_ragas], path, "ragas", str)
        known = raga if raga in RAGAS else None
        return LabelledPath(swara, tonic, known, None if known else raga, self._group(inner))

    def _settle(
        self,
        place: Path,
        doubt: tuple[SwaraPitch, ParsedTonic],
        swaras: list[SwaraPitch],
        scales: list[ParsedTonic],
    ) -> None:
        """Add one of the two readings of a lone letter to those of its path."""
        swara, scale = doubt
        known_scales = scales or ([self._tonic] if self._tonic else self._of_root.scales)
        kind = self._kind_of(place.parent) or _left_open(doubt, swaras, known_scales)
        if kind == "swara":
            swaras[:] = _unique([swaras, [swara]])
        elif kind == "scale":
            scales[:] = _unique([scales, [scale]])
        else:
            letter = place.stem
            raise CorpusError(
                f'"{letter}" may be the scale {letter} or the swara {swara_name(swara)}',
                where=str(place),
                fix=f'Call it "scale {letter}" or "{swara_name(swara)}"',
            )

    def _kind_of(self, folder: Path) -> _Kind | None:
        """Return what the names in a folder are, as far as they are sure; None if they differ."""
        if folder not in self._kinds:
            beside = self._inside.get(folder, [])
            swaras, scales = any(m.swaras for m in beside), any(m.scales for m in beside)
            kind: _Kind | None = "swara" if swaras else "scale"
            self._kinds[folder] = kind if swaras != scales else None
        return self._kinds[folder]

    def _scale(self, scales: Sequence[ParsedTonic], path: Path) -> ParsedTonic | None:
        named = _only(scales, path, "scales", _scale_name)
        if self._tonic is None:
            of_root = _only(self._of_root.scales, path, "scales", _scale_name)
            # A root called D or G: its name is no swara in any case.
            return named or of_root or (self._of_root.doubt or (None, None))[1]
        if named is not None and not _same_note(named, self._tonic):
            raise CorpusError(
                f"its name says scale {_scale_name(named)}, --tonic {_scale_name(self._tonic)}",
                where=str(path),
                fix="Leave --tonic out where the names tell the scale",
            )
        return self._tonic

    def _group(self, inner: Sequence[Path]) -> Path:
        """Return the folder above the first name that tells a swara."""
        for place in inner[:-1]:
            said = self._meanings[place]
            if said.swaras or (said.doubt is not None and self._kind_of(place.parent) == "swara"):
                return place.parent
        return inner[-1].parent


def _same_note(one: ParsedTonic, other: ParsedTonic) -> bool:
    """Tell whether two tonics may be the same: an octave that only one of them gives is no objection."""
    if one.octave is not None and other.octave is not None:
        return one == other
    return _pitch_class(one) == _pitch_class(other)


def swara_name(pitch: SwaraPitch) -> str:
    """Return a swara as one says it: ``Ga``, ``taar Sa``."""
    svarasthana, octave = pitch
    return svarasthana.name if octave == 0 else f"{saptak_name(octave)} {svarasthana.name}"


def _left_open(
    doubt: tuple[SwaraPitch, ParsedTonic], swaras: Sequence[SwaraPitch], scales: Sequence[ParsedTonic]
) -> _Kind | None:
    """Return the one reading of a lone letter that agrees with what is known, or None."""
    swara, scale = doubt
    if not scales and not swaras:
        return None
    is_scale = any(_same_note(scale, other) for other in scales) if scales else True
    return "scale" if is_scale or (swaras and swara not in swaras) else "swara"


def _only(found: Sequence[_T], path: Path, what: str, show: Callable[[_T], str]) -> _T | None:
    if len(found) > 1:
        raise CorpusError(
            f"its name tells several {what}: {' and '.join(show(each) for each in found)}",
            where=str(path),
            fix=f"Leave one of the {what} in the name",
        )
    return found[0] if found else None


def _with_folders(root: Path, files: Sequence[Path]) -> list[Path]:
    """Return the files and every folder between them and `root`, each once."""
    between = (path for file in files for path in (file, *file.parents) if root in path.parents)
    return list(dict.fromkeys(between))


def _unique(groups: Iterable[Iterable[_T]]) -> list[_T]:
    return list(dict.fromkeys(item for group in groups for item in group))


def _scale_name(tonic: ParsedTonic) -> str:
    name = note_name(tonic.candidates_hz()[0])
    return name if tonic.has_octave else name.rstrip("0123456789")


def _pitch_class(tonic: ParsedTonic) -> int:
    """Return the semitones above C, 0 to 11; of a frequency those of the nearest note."""
    if tonic.pitch_class is not None:
        return tonic.pitch_class
    return round(12 * math.log2(tonic.candidates_hz()[0] / tonic_hz(0, 4))) % 12
