"""One recording's description mended: what is noted then, and what cannot be noted."""

from __future__ import annotations

from pathlib import Path

import pytest

from swara.data.errors import CorpusError
from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import append_recordings, pack_recordings, read_corpus
from swara.raga.swaras import parse_swara
from swara.raga.tonic_names import parse_tonic
from swara.raga.tuning import JUST
from swara.service.samples.edit import Edit, label_sample
from swara.service.store import Layout

A2_HZ, D3_HZ = 110.0, 146.8324
NOTE_S = 0.8


class Store:
    """A store with one recording in it."""

    def __init__(self, folder: Path, sung, noted, tracker) -> None:
        self.layout = Layout(folder / "store")
        self._path, self._sung, self._noted, self._tracker = folder / "take.wav", sung, noted, tracker

    def sing(self, swaras: str, *, named: str | None = None, sa_hz=A2_HZ, raga=None) -> Store:
        pitches = [parse_swara(swara) for swara in swaras.split()]
        cents = [JUST.cents_of(place.index, octave) for place, octave in pitches]
        path = self._sung(self._path, [(each, NOTE_S) for each in cents], A2_HZ)
        labels = tuple(
            SwaraLabel(round(0.1 + n * 0.9, 4), round(0.1 + n * 0.9 + NOTE_S, 4), swara)
            for n, swara in enumerate((named or swaras).split())
        )
        take = self._noted(path, tonic_hz=sa_hz, raga=raga, labels=labels)
        append_recordings(self.layout.corpus, [take])
        return self

    def label(self, **change):
        return label_sample(self.layout, self.recording.id[:6], Edit(**change), tracker=self._tracker)

    @property
    def recording(self) -> Recording:
        (only,) = read_corpus(self.layout.corpus)
        return only

    @property
    def swaras(self) -> str:
        return " ".join(label.swara for label in self.recording.labels)


@pytest.fixture
def store(tmp_path: Path, sung, noted, tracker) -> Store:
    return Store(tmp_path, sung, noted, tracker)


def test_words_are_mended_without_a_look_at_the_sound(store) -> None:
    store.sing("G")
    before, log = store.recording, store.layout.corpus.read_bytes()
    Path(before.path).unlink()
    mended = store.label(singer=" Lata ", licence="CC0", raga="yaman")
    after = store.recording
    assert (mended.before, mended.after, mended.remarks) == (before, after, ())
    assert (after.singer, after.licence, after.raga) == ("Lata", "CC0", "yaman")
    assert (after.sha256, after.labels, after.tonic_hz) == (before.sha256, before.labels, before.tonic_hz)
    assert store.layout.corpus.read_bytes().startswith(log)
    assert store.label(raga="none").after.raga is None
    assert store.label(singer="synthesized: high male").after.synthesized
    assert not store.label(singer="Asha").after.synthesized


def test_what_is_noted_so_already_is_not_noted_again(store) -> None:
    store.sing("G")
    log = store.layout.corpus.read_bytes()
    mended = store.label(singer="Asha", tonic=parse_tonic("A2"), swara=parse_swara("Ga"))
    assert mended.before == mended.after
    assert store.layout.corpus.read_bytes() == log


def test_a_wrong_name_is_put_right_and_one_that_the_pitch_denies_is_remarked_on(store) -> None:
    store.sing("G", named="R")
    assert store.label(swara=parse_swara("ga")).remarks == ()
    assert store.swaras == "G"
    (remark,) = store.label(swara=parse_swara("Pa")).remarks
    assert "named Pa at 0.10 s, but sounds like Ga" in remark
    assert store.swaras == "P"


def test_one_note_of_several_is_named_by_its_time(store) -> None:
    store.sing("S R G P", named="S R m P")
    with pytest.raises(CorpusError, match=r"it has 4 notes. Say which is meant with --at: S 0.10-0.90 s, R"):
        store.label(swara=parse_swara("G"))
    with pytest.raises(CorpusError, match="no note of it lies at 99 s"):
        store.label(swara=parse_swara("G"), at_s=99.0)
    assert store.swaras == "S R m P"
    store.label(swara=parse_swara("G"), at_s=2.3)
    assert store.swaras == "S R G P"
    store.label(swara="none", at_s=1.2)
    assert store.swaras == "S G P"


def test_what_cannot_be_mended_says_why(store) -> None:
    store.sing("G")
    with pytest.raises(CorpusError, match=f"swara samples remove {store.recording.id}"):
        store.label(swara="none")
    Path(store.recording.path).unlink()
    with pytest.raises(CorpusError, match="the file is gone"):
        store.label(tonic=parse_tonic("B2"))
    with pytest.raises(CorpusError, match="bundled"):
        label_sample(store.layout, pack_recordings()[0].id, Edit(singer="Asha"))


@pytest.mark.parametrize("tonic", ["A2", "A", "110"])
def test_on_the_right_sa_the_names_stay(tonic: str, store) -> None:
    """Sa without octave goes where the names fit."""
    store.sing("S R G P S'", sa_hz=D3_HZ)
    assert store.label(tonic=parse_tonic(tonic)).remarks == ()
    assert store.recording.tonic_hz == pytest.approx(A2_HZ)
    assert store.swaras == "S R G P S'"


def test_where_the_names_followed_from_a_wrong_sa_they_are_found_anew(store) -> None:
    sung = "S R G P D S' D P G R S"
    names = {"S": ".P", "R": ".D", "G": ".N", "P": "R", "D": "G", "S'": "P"}
    named = " ".join(names[swara] for swara in sung.split())
    store.sing(sung, named=named, sa_hz=A2_HZ * 4 / 3, raga="bhupali")
    mended = store.label(tonic=parse_tonic("A2"))
    assert store.swaras == sung
    assert store.recording.tonic_hz == pytest.approx(A2_HZ)
    assert mended.remarks == ()


def test_a_sa_on_which_a_raga_falls_apart_is_refused(store) -> None:
    sung = "S R G P D S' D P G R S"
    store.sing(sung, raga="bhupali")
    log = store.layout.corpus.read_bytes()
    with pytest.raises(CorpusError, match="Sa on A#2 fits"):
        store.label(tonic=parse_tonic("A#2"))
    assert store.layout.corpus.read_bytes() == log


@pytest.mark.parametrize(
    ("swaras", "says"),
    [("S R G m P", "1 of its 5 notes is not in Bhupali"), ("m", "its only note is not in Bhupali")],
)
def test_notes_that_another_raga_has_not_are_told(store, swaras: str, says: str) -> None:
    assert store.sing(swaras).label(raga="bhupali").remarks == (says,)


def test_the_command_prints_what_was_and_what_is(swara, store) -> None:
    store.sing("G")
    at, where = store.recording.id, ("--store", store.layout.folder)
    done = swara("samples", "label", at[:8], "--singer", "Lata", "--raga", "Yaman", *where)
    assert (done.code, done.err) == (0, "")
    words = done.out.split()
    for fact in ("Asha", "Lata", "given", "yaman"):
        assert fact in words
    assert "swara rebuild" in done.out
    assert "noted so already" in swara("samples", "label", at, "--singer", "Lata", *where).out


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        ((), 2, "nothing to mend"),
        (("--tonic", "H"), 1, '"H" is no tonic'),
        (("--tonic", "2000"), 1, "outside the range"),
        (("--raga", "bhupli"), 1, "is not known yet"),
        (("--swara", "gaa"), 1, "names no swara"),
        (("--singer", " "), 1, "must not be empty"),
        (("--licence", ""), 1, "must not be empty"),
    ],
)
def test_a_bad_value_is_one_clear_line(swara, options, code, says, store) -> None:
    store.sing("G")
    log = store.layout.corpus.read_bytes()
    at = store.recording.id
    done = swara("samples", "label", at, *options, "--store", store.layout.folder)
    assert done.code == code
    assert says in done.err
    assert code == 2 or len(done.err.splitlines()) == 1
    assert store.layout.corpus.read_bytes() == log
