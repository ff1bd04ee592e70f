"""A score as MusicXML 4.0, for MuseScore, music21 and others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from statistics import median
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .measures import Item, Measure, beams, measures
from .score import DEGREES, MIDDLE_C, Score, StaffNote

__all__ = ["to_musicxml"]

_DOCTYPE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE score-partwise PUBLIC '
    '"-//Recordare//DTD MusicXML 4.0 Partwise//EN" "http://www.musicxml.org/dtds/partwise.dtd">\n'
)
_GRACE = Fraction(1, 2)
_LETTERS, _NATURALS = "CDEFGAB", (0, 2, 4, 5, 7, 9, 11)
_SHARPS_ORDER = (3, 0, 4, 1, 5, 2, 6)
_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_TYPES = {
    Fraction(8): "breve",
    Fraction(4): "whole",
    Fraction(2): "half",
    Fraction(1): "quarter",
    Fraction(1, 2): "eighth",
    Fraction(1, 4): "16th",
    Fraction(1, 8): "32nd",
    Fraction(1, 16): "64th",
    Fraction(1, 32): "128th",
}
_LOWEST_ON_ONE, _HIGHEST_ON_ONE = 53, 67
"""A grand part that goes below F3 and above G4 is written on two staves, parted at middle C."""


def to_musicxml(score: Score) -> str:
    """Write a score as MusicXML.

    Each note stands at its own semitone; how many cents it was off is the second line of words below it
    (`StaffNote.cents`). Free rhythm is written without stems and without metre (*senza misura*), a measure
    for each phrase, with its time in the recording above it. Glides are slides, touches grace notes.

    Returns
    -------
    str
        A document that ends in a newline.
    """
    root = Element("score-partwise", version="4.0")
    _add(_add(root, "work"), "work-title", score.title)
    about = _add(root, "identification")
    _add(_add(about, "encoding"), "software", "swara")
    if score.fields:
        told = _add(about, "miscellaneous")
        for name, value in score.fields.items():
            _add(told, "miscellaneous-field", value, name=name)
    listed = _add(_add(root, "part-list"), "score-part", id="P1")
    _add(listed, "part-name", score.part)
    _Part(score, _add(root, "part", id="P1")).write()
    indent(root, " ")
    return _DOCTYPE + tostring(root, encoding="unicode") + "\n"


class _Part:
    """A part that is being written: what each note must know of those before it."""

    def __init__(self, score: Score, part: Element) -> None:
        self.score, self.part, self.parted = score, part, measures(score)
        keys = [note.midi for note in score.notes] or [MIDDLE_C]
        self.has_two_staves = score.grand and min(keys) < _LOWEST_ON_ONE and max(keys) > _HIGHEST_ON_ONE
        self.middle = median(keys)
        lengths = [item.quarters.denominator for measure in self.parted for item in measure.items]
        self.divisions = math.lcm(4, *lengths)
        self.in_key = _signature(score.fifths)
        self.slides = _slides(score.notes)
        self.number = 0

    def write(self) -> None:
        """Write all measures."""
        before: int | None = None
        for number, measure in enumerate(self.parted, 1):
            free = {} if measure.matras else {"implicit": "yes"}
            node = _add(self.part, "measure", number=str(number), **free)
            if number == 1:
                self._attributes(node, measure)
                self._heading(node)
            elif measure.matras != before:
                _time(_add(node, "attributes"), measure)
            before = measure.matras
            self._items(node, measure)
            if measure.bar != "regular":
                _add(_add(node, "barline", location="right"), "bar-style", measure.bar)

    def _attributes(self, node: Element, measure: Measure) -> None:
        told = _add(node, "attributes")
        _add(told, "divisions", str(self.divisions))
        _add(_add(told, "key"), "fifths", str(self.score.fifths))
        _time(told, measure)
        if self.has_two_staves:
            _add(told, "staves", "2")
            _clef(told, "G", number="1")
            _clef(told, "F", number="2")
        else:
            _clef(told, "G" if self.middle >= _LOWEST_ON_ONE else "F")
        if self.score.sounds_higher:
            higher = _add(told, "transpose")
            octaves = int(self.score.sounds_higher / 12)
            semitones = self.score.sounds_higher - 12 * octaves
            steps = DEGREES[abs(semitones)]
            _add(higher, "diatonic", str(steps if semitones > 0 else -steps))
            _add(higher, "chromatic", str(semitones))
            if octaves:
                _add(higher, "octave-change", str(octaves))

    def _heading(self, node: Element) -> None:
        told = node
        if self.score.head:
            told = _add(node, "direction", placement="above")
            _add(_add(told, "direction-type"), "words", self.score.head)
        _add(told, "sound", tempo=f"{self.score.tempo_bpm:g}")

    def _items(self, node: Element, measure: Measure) -> None:
        for staff in (1, 2)[: 1 + self.has_two_staves]:
            if staff == 2:
                length = sum(item.quarters for item in measure.items)
                _add(_add(node, "backup"), "duration", str(int(length * self.divisions)))
            altered = dict[int, int]()
            beamed = beams(measure) if self.score.tala is not None else {}
            for place, item in enumerate(measure.items):
                here = not self.has_two_staves or item.note is None or staff == _staff_of(item.note)
                if here and item.note is not None and item.note.above and not item.ends_tie:
                    said = _add(node, "direction", placement="above")
                    _add(_add(said, "direction-type"), "words", item.note.above)
                if here:
                    head = self._head(_add(node, "note"), item, altered, staff)
                else:
                    hidden = _add(node, "note", **{"print-object": "no"})
                    head = self._head(hidden, Item(item.quarters), altered, staff)
                for number, word in enumerate(beamed.get(place, ()), 1):
                    _add(head, "beam", word, number=str(number))
                self._notations(head, item)
                if here and item.note is not None and not item.note.is_grace and not item.ends_tie:
                    _lyrics(head, item.note)

    def _head(self, node: Element, item: Item, altered: dict[int, int], staff: int) -> Element:
        """Write a note or a rest, up to its beams; `altered` has the signs of the measure, by their place."""
        note = item.note
        if note is None:
            _add(node, "rest")
        else:
            _pitch(node, note)
        self._length(node, item, staff)
        if note is not None and not item.ends_tie:
            self._accidental(node, note, altered)
        if note is not None and self.score.tala is None and not note.is_grace:
            _add(node, "stem", "none")
        if self.has_two_staves:
            _add(node, "staff", str(staff))
        return node

    def _accidental(self, node: Element, note: StaffNote, altered: dict[int, int]) -> None:
        """Write the sign of a note that differs from its key and from those before it in the measure."""
        alter = _alter(note)
        if alter != altered.get(note.step, self.in_key[note.step % 7]):
            _add(node, "accidental", _ACCIDENTALS[alter])
            altered[note.step] = alter

    def _length(self, node: Element, item: Item, staff: int) -> None:
        """Write how long it is, its ties, its voice and its value."""
        if item.quarters:
            _add(node, "duration", str(int(item.quarters * self.divisions)))
        for kind in _tie_kinds(item):
            _add(node, "tie", type=kind)
        _add(node, "voice", str(staff))
        quarters = item.quarters or _GRACE
        is_dotted = quarters not in _TYPES
        _add(node, "type", _TYPES[quarters * 2 / 3 if is_dotted else quarters])
        if is_dotted:
            _add(node, "dot")

    def _notations(self, node: Element, item: Item) -> None:
        begins, ends = self.slides.get(id(item.note), (0, 0))
        marks = [Element("tied", type=kind) for kind in _tie_kinds(item)]
        if ends and not item.ends_tie:
            marks.append(Element("slide", {"type": "stop", "number": str(ends)}))
        if begins and not item.goes_on:
            marks.append(Element("slide", {"type": "start", "number": str(begins), "line-type": "solid"}))
        if marks:
            _add(node, "notations").extend(marks)


def _staff_of(note: StaffNote) -> int:
    return 1 if note.midi >= MIDDLE_C else 2


def _tie_kinds(item: Item) -> list[str]:
    return ["stop"] * item.ends_tie + ["start"] * item.goes_on


def _slides(notes: Sequence[StaffNote]) -> dict[int, tuple[int, int]]:
    """Return for each note, by its identity, the numbers of the slides from it and to it; 0 for none."""
    begins = [1 + place % 2 if note.glides else 0 for place, note in enumerate(notes)]
    pairs = zip(begins, [0, *begins], strict=False)
    return {id(note): pair for note, pair in zip(notes, pairs, strict=True)}


def _signature(fifths: int) -> tuple[int, ...]:
    """Return how each letter, from C on, is altered by a key."""
    sharps, flats = _SHARPS_ORDER[: max(0, fifths)], _SHARPS_ORDER[::-1][: max(0, -fifths)]
    return tuple((letter in sharps) - (letter in flats) for letter in range(7))


def _alter(note: StaffNote) -> int:
    octave, letter = divmod(note.step, 7)
    return note.midi - 12 * (octave + 1) - _NATURALS[letter]


def _pitch(node: Element, note: StaffNote) -> None:
    if note.is_grace:
        _add(node, "grace", slash="yes")
    pitch = _add(node, "pitch")
    _add(pitch, "step", _LETTERS[note.step % 7])
    if alter := _alter(note):
        _add(pitch, "alter", str(alter))
    _add(pitch, "octave", str(note.step // 7))


def _lyrics(node: Element, note: StaffNote) -> None:
    for number, text in enumerate(filter(None, (note.words, note.off)), 1):
        line = _add(node, "lyric", number=str(number))
        _add(line, "syllabic", "single")
        _add(line, "text", text)


def _time(node: Element, measure: Measure) -> None:
    """Write the metre, which is not shown: the bars follow the vibhags, which need not be alike."""
    told = _add(node, "time", **{"print-object": "no"})
    if measure.matras is None:
        _add(told, "senza-misura")
    else:
        _add(told, "beats", str(measure.matras))
        _add(told, "beat-type", "4")


def _clef(node: Element, sign: str, **attributes: str) -> None:
    clef = _add(node, "clef", **attributes)
    _add(clef, "sign", sign)
    _add(clef, "line", "2" if sign == "G" else "4")


def _add(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    node = SubElement(parent, tag, attributes)
    node.text = text
    return node
