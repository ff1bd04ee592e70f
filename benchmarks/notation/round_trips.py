"""What is written is read again by other programs: it must be the same, and the bends sing the line."""

from __future__ import annotations

import importlib.util
import io
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mido import MidiFile, tick2second

from benchmarks.page import Check, Section, Table
from benchmarks.recordings import CONCERTS
from benchmarks.search.concerts import Concerts
from swara.classifier.pitch.head import pitch_tracker
from swara.classifier.transcription import Transcription, transcribe
from swara.data.arrays import FloatArray
from swara.data.pitch_track import PitchTrack
from swara.raga.notation import swara_letter
from swara.raga.ragas import raga_named
from swara.service.report.notation.annotations import to_jams, to_textgrid
from swara.service.report.notation.midi import to_midi
from swara.service.report.notation.musicxml import to_musicxml
from swara.service.report.notation.score import Score, score_of_take
from swara.service.report.notation.staff import check_verovio

from .singing import written_take

TAKES, CONCERT_S = 12, 300.0
_SAME_S = 1e-6
_METHOD = f"""{TAKES} takes drawn with kan and meend, heard by the pitch head, and, with `SWARA_EVAL_DATA`
set, the first {CONCERT_S / 60:.0f} minutes of each concert of `{CONCERTS}`, from its published pitch. Each is
transcribed, written in every format, and read again: MIDI by mido, MusicXML by music21 and verovio,
TextGrid by praatio, JAMS by jams in its strict mode. A file that is read must hold every swara, in order,
with its pitch, words and times.

The bends are compared with the pitch track: at each frame in which somebody sings and a note sounds, the
key with its bend against the voice, in cents."""


@dataclass(frozen=True, slots=True, eq=False)
class Sung:
    """A transcription and the track that it was made of."""

    name: str
    found: Transcription
    track: PitchTrack


def measure(root: Path | None) -> list[Section | str]:
    """Measure every round trip."""
    found, left_out = list(_transcribed(root)), list[str]()
    if root is None or not (root / CONCERTS).is_dir():
        left_out.append(f"round trips of concerts: `SWARA_EVAL_DATA` has no {CONCERTS}")
    heard = [midi_error(to_midi(each.found, each.track), each.track) for each in found]
    errors = np.concatenate([error for error, _ in heard])
    checks = [
        Check("bends: median off the pitch track", float(np.median(errors)), 3.0, "cents", True, 2),
        Check("bends: 95% within", float(np.quantile(errors, 0.95)), 10.0, "cents", True, 2),
    ]
    for what, check in _READERS.items():
        if (needed := _NEEDS.get(what)) is not None and importlib.util.find_spec(needed) is None:
            left_out.append(f"{what}: {needed} is not installed")
            continue
        checks.append(Check(what, 100.0 * sum(map(check, found)) / len(found), 100.0))
    rows = [_row(each, *errors) for each, errors in zip(found, heard, strict=True)]
    headings = ("take", "s", "held", "touched", "glides", "median", "95%", "most", "frames in a note")
    forms = ("{}", "{}", "{}", "{}", "{:.2f}", "{:.2f}", "{:.1f}", "{:.1%}")
    table = Table("The bends, in cents off the track:", headings, rows, forms)
    reading = """A bend is written where the last one is a cent off or more, so that none is further
off than that; the published pitch of the concerts moves in steps of 10 cents, which makes them
look finer. What is sung by itself, without a swara in it, is in no note: the last column says how much of
the singing is in one."""
    return [Section("Round trips", _METHOD, checks, [table], reading), *left_out]


def _row(sung: Sung, error: FloatArray, covered: float) -> Sequence[Any]:
    found, quantiles = sung.found, np.quantile(error, (0.5, 0.95, 1.0)).tolist()
    layers = len(found.held), len(found.touched), len(found.glides)
    return (sung.name, f"{found.duration_s:.0f}", *layers, *quantiles, covered)


def _transcribed(root: Path | None) -> Iterator[Sung]:
    tracker = pitch_tracker("head")
    for seed in range(TAKES):
        sung = written_take(seed)
        track = tracker.track(sung.take.clip)
        found = transcribe(track, sung.take.sa_hz, sung.raga, source=f"drawn {seed}.wav")
        yield Sung(f"drawn {seed}", found, track)
    if root is not None and (root / CONCERTS).is_dir():
        concerts = Concerts.load(root)
        sa_hz = {row["concert"]: float(row["sa_hz"]) for row in concerts.rows}
        for name, whole in concerts.tracks.items():
            track = _first(whole, CONCERT_S)
            yield Sung(name, transcribe(track, sa_hz[name], raga_named("bhupali"), source=name), track)


def _first(track: PitchTrack, seconds: float) -> PitchTrack:
    count = int(np.searchsorted(track.times_s, seconds))
    return PitchTrack(track.times_s[:count], track.hz[:count], track.confidence[:count], track.voiced[:count])


def midi_error(data: bytes, track: PitchTrack) -> tuple[FloatArray, float]:
    """Return how far a MIDI file is from a pitch track, frame by frame.

    Parameters
    ----------
    data : bytes
        The file: one track, one voice.
    track : PitchTrack
        What it should sound like.

    Returns
    -------
    error_cents : float64 array, shape [frames that are voiced and in a note]
        At least 0.
    covered : float
        Share of the voiced frames that are in a note.
    """
    sounding = np.full(len(track), np.nan)
    hz = np.where(track.voiced, track.hz, np.nan)
    midi, edge, player = 69.0 + 12.0 * np.log2(hz / 440.0), 0.0, _Player()
    for now_s, message in _played(data):
        if player.key is not None and now_s > edge:
            first, last = np.searchsorted(track.times_s, (edge, now_s))
            sounding[first:last] = player.key + player.bend * player.reach / 8192.0
        edge = now_s
        player.take(message)
    error = 100.0 * np.abs(sounding - midi)
    return error[np.isfinite(error)], float(np.mean(np.isfinite(error[track.voiced])))


class _Player:
    """What a player does with one voice: bends reach 2 semitones unless parameter 0 says otherwise."""

    def __init__(self) -> None:
        self.key: int | None = None
        self.bend, self.reach, self._parameter = 0, 2.0, [127, 127]

    def take(self, message: Any) -> None:
        """Do what a message says."""
        match message.type:
            case "note_on":
                self.key = message.note
            case "note_off":
                self.key = None
            case "pitchwheel":
                self.bend = message.pitch
            case "control_change" if message.control in {100, 101}:
                self._parameter[message.control - 100] = message.value
            case "control_change" if message.control == 6 and self._parameter == [0, 0]:
                self.reach = float(message.value)


def _played(data: bytes) -> Iterator[tuple[float, Any]]:
    file, now, tempo = MidiFile(file=io.BytesIO(data), charset="utf-8"), 0.0, 500_000
    for message in file.tracks[0]:
        now += tick2second(message.time, file.ticks_per_beat, tempo)
        if message.type == "set_tempo":
            tempo = message.tempo
        yield now, message


def _lyrics(sung: Sung) -> bool:
    played = _played(to_midi(sung.found, sung.track))
    said = [message.text for _, message in played if message.type == "lyrics"]
    return said == [swara_letter(*each.pitch) for each in sung.found.swaras]


def _wanted(score: Score) -> list[tuple[int, tuple[str, ...]]]:
    """Return what a reader of a score must find: each head's key, and its words."""
    return [
        (note.midi, () if note.is_grace else tuple(filter(None, (note.words, note.off))))
        for note in score.notes
    ]


def _by_music21(sung: Sung) -> bool:
    import music21

    score = score_of_take(sung.found)
    part = music21.converter.parseData(to_musicxml(score), format="musicxml").parts[0]
    heads = [note for note in part.recurse().notes if note.tie is None or note.tie.type == "start"]
    read = [(note.pitch.midi, tuple(lyric.text for lyric in note.lyrics)) for note in heads]
    slides = list(part.recurse().getElementsByClass(music21.spanner.Glissando))
    return read == _wanted(score) and len(slides) == sum(note.glides for note in score.notes)


def by_verovio(score: Score) -> list[tuple[int, tuple[str, ...]]]:
    """Return the heads and words of a score as verovio reads them."""
    check_verovio()
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    if not toolkit.loadData(to_musicxml(score)):
        return []
    mei = toolkit.getMEI()
    ended = set(re.findall(r'<tie [^>]*endid="#([^"]+)"', mei))
    read = []
    for opened, inside in re.findall(r"<note ([^>]*?)(?:/>|>(.*?)</note>)", mei, re.DOTALL):
        told = dict(re.findall(r'([\w:.]+)="([^"]*)"', opened))
        sign = re.search(r'accid(?:\.ges)?="(\w+)"', opened + inside)
        alter = {"s": 1, "f": -1, "ff": -2, "x": 2, "ss": 2, "n": 0}[sign[1] if sign else "n"]
        key = 12 * (int(told["oct"]) + 1) + (0, 2, 4, 5, 7, 9, 11)["cdefgab".index(told["pname"])] + alter
        if told["xml:id"] not in ended:
            read.append((key, tuple(re.findall(r"<syl[^>]*>([^<]*)</syl>", inside))))
    return read


def _by_verovio(sung: Sung) -> bool:
    scores = score_of_take(sung.found), score_of_take(sung.found, script="devanagari", sa_as=None)
    return all(by_verovio(score) == _wanted(score) for score in scores)


def _by_praatio(sung: Sung) -> bool:
    from praatio import textgrid

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "take.TextGrid")
        file.write_text(to_textgrid(sung.found), "utf-8")
        read = textgrid.openTextgrid(str(file), includeEmptyIntervals=False)
    for name, layer in (("held", sung.found.held), ("touched", sung.found.touched)):
        entries = read.getTier(name).entries
        named = [entry.label for entry in entries] == [swara_letter(*each.pitch) for each in layer]
        times_s = [(each.start_s, each.end_s) for each in layer]
        if not named or not _same([(entry.start, entry.end) for entry in entries], times_s):
            return False
    counts = [len(read.getTier(name).entries) for name in ("glide", "phrase")]
    return counts == [len(sung.found.glides), len(list(sung.found.phrases()))]


def _by_jams(sung: Sung) -> bool:
    import jams

    read = jams.load(io.StringIO(to_jams(sung.found, sung.track)), validate=True, strict=True)
    for layer, annotation in zip((sung.found.held, sung.found.touched), read.annotations, strict=False):
        got = [(each.time, each.time + each.duration, each.value) for each in annotation.data]
        hz = [sung.found.sa_hz * 2 ** (each.cents / 1200) for each in layer]
        if not _same(got, [(each.start_s, each.end_s, at) for each, at in zip(layer, hz, strict=True)], 2e-3):
            return False
    return True


def _same(got: list[Any], wanted: list[Any], within: float = _SAME_S) -> bool:
    if len(got) != len(wanted):
        return False
    return not got or bool(np.abs(np.array(got) - np.array(wanted)).max() <= within)


_READERS: dict[str, Callable[[Sung], bool]] = {
    "MIDI's lyrics are the swaras (mido)": _lyrics,
    "MusicXML read by music21": _by_music21,
    "MusicXML read by verovio": _by_verovio,
    "TextGrid read by praatio": _by_praatio,
    "JAMS read by jams": _by_jams,
}
_NEEDS = {
    "MusicXML read by music21": "music21",
    "MusicXML read by verovio": "verovio",
    "TextGrid read by praatio": "praatio",
    "JAMS read by jams": "jams",
}
