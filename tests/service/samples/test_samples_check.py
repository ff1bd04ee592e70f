"""The corpus gone through: what is wrong with a recording is found, and what is not is left alone."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.audio.decode import decode, load_clip
from swara.data.audio.level import LevelMeter
from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import append_recordings, pack_recordings
from swara.raga.swaras import parse_swara
from swara.raga.tuning import JUST
from swara.service.samples.check import check_samples
from swara.service.samples.duplicates import similarity
from swara.service.samples.findings import CheckResult
from swara.service.store import Layout

RATE_HZ = 16_000
A2_HZ = 110.0


def _tones(swaras: str, sa_hz: float, *, level: float = 0.4, seed: int = 0, length_s: float = 0.8):
    """Samples and the places of tones, one for each swara, with rests between; no two seeds sound alike."""
    rng = np.random.default_rng(seed)
    parts, places, at_s = [np.zeros(1600)], [], 0.1
    for swara in swaras.split():
        place, octave = parse_swara(swara)
        hz = sa_hz * 2 ** (JUST.cents_of(place.index, octave) / 1200) * 2 ** (rng.normal(0, 2) / 1200)
        times_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
        edge = np.clip(np.minimum(times_s, times_s[::-1]) / 0.02, 0, 1)
        tone = np.sin(2 * np.pi * (hz * times_s + 0.05 * np.sin(2 * np.pi * rng.uniform(4, 7) * times_s)))
        parts += [level * edge * tone * rng.uniform(0.7, 1.0), np.zeros(1600)]
        places.append((at_s, at_s + length_s, swara))
        at_s += length_s + 0.1
    return np.concatenate(parts), places


def _labels(places) -> tuple[SwaraLabel, ...]:
    return tuple(SwaraLabel(round(a, 4), round(b, 4), swara) for a, b, swara in places)


@pytest.fixture
def sung(noted):
    """Write a recording of tones, and return it noted, perhaps under other names or another Sa."""

    def sing(path: Path, swaras: str, *, named: str | None = None, sa=A2_HZ, **more) -> Recording:
        audio = {key: more.pop(key) for key in ("level", "seed", "length_s") if key in more}
        samples, places = _tones(swaras, A2_HZ, **audio)
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, samples, RATE_HZ)
        names = (named or swaras).split()
        labels = _labels((a, b, swara) for (a, b, _), swara in zip(places, names, strict=True))
        return noted(path, labels=labels, tonic_hz=sa, **more)

    return sing


@pytest.fixture(autouse=True)
def _nothing_bundled(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.originalname != "test_the_bundled_samples_are_clean":
        monkeypatch.setattr("swara.service.samples.known.pack_recordings", lambda: ())


@pytest.fixture
def check(tracker):
    """Check a new corpus of some recordings."""

    def check_new(folder: Path, *recordings: Recording) -> CheckResult:
        store = Layout(folder / "store")
        append_recordings(store.corpus, recordings)
        return check_samples(store, tracker=tracker)

    return check_new


def _kinds(result: CheckResult) -> list[tuple[str, str]]:
    return [(Path(each.recording.path).stem, each.kind) for each in result.findings]


def test_nothing_is_wrong_with_a_good_corpus(tmp_path: Path, sung, check) -> None:
    phrase = "S R G P D S' P S"
    good = [sung(tmp_path / f"{name}.wav", name, seed=seed) for seed, name in enumerate(("S", "R", "G", "P"))]
    raga = sung(tmp_path / "raga.wav", phrase, seed=9, raga="bhupali")
    result = check(tmp_path, *good, raga)
    assert result.findings == ()
    assert (result.ok, result.recordings, result.notes) == (True, 5, 12)


def test_every_file_that_is_not_what_was_added(tmp_path: Path, sung, noted, check) -> None:
    names = ("gone", "changed", "unreadable", "text", "fine")
    recordings = {name: sung(tmp_path / f"{name}.wav", "G", seed=n) for n, name in enumerate(names)}
    (tmp_path / "gone.wav").unlink()
    (tmp_path / "changed.wav").write_bytes(b"RIFF of another kind")
    (tmp_path / "text.wav").write_text("no sound at all")
    recordings["text"] = noted(tmp_path / "text.wav")
    if os.name != "nt":
        (tmp_path / "unreadable.wav").unlink()
        (tmp_path / "unreadable.wav").mkdir()
    result = check(tmp_path, *recordings.values())
    kinds = dict(_kinds(result))
    assert (kinds["gone"], kinds["changed"], kinds["text"]) == ("gone", "changed", "unreadable")
    assert kinds["unreadable"] == "unreadable"
    assert "fine" not in kinds
    for found in result.findings:
        assert f"swara samples remove {found.recording.id}" in found.fix
        assert found.line.startswith(found.recording.path)
        assert "\n" not in found.line


def test_one_file_that_breaks_the_ear_does_not_hide_the_others(
    tmp_path: Path, monkeypatch, sung, check
) -> None:
    recordings = [sung(tmp_path / f"{name}.wav", "G", seed=n) for n, name in enumerate(("one", "two"))]
    (tmp_path / "two.wav").unlink()
    monkeypatch.setattr("swara.service.samples.hearing.PitchCache.load", lambda *_: 1 / 0)
    assert _kinds(check(tmp_path, *recordings)) == [("one", "unreadable"), ("two", "gone")]


@pytest.mark.parametrize(("level", "kind"), [(1e-5, "silent"), (3e-3, "quiet"), (0.02, None), (0.9, None)])
def test_levels(tmp_path: Path, level: float, kind: str | None, sung, check) -> None:
    found = dict(_kinds(check(tmp_path, sung(tmp_path / "take.wav", "G", level=level))))
    assert found.get("take") == kind


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_clipping_is_heard_through_encoders(tmp_path: Path, suffix: str) -> None:
    samples, _ = _tones("S R G P", A2_HZ, level=0.9)
    shares = []
    for name, gain in (("clean", 1.0), ("hot", 1.6)):
        path = tmp_path / f"{name}.{suffix}"
        soundfile.write(path, np.clip(gain * samples, -1, 1), RATE_HZ)
        shares.append(decode(path).level.clipped_share)
    assert shares[0] == 0.0
    assert shares[1] > 0.01


def test_a_flat_top_across_blocks_counts_once_whole() -> None:
    samples, _ = _tones("S", A2_HZ, level=1.0)
    samples = np.clip(3 * samples, -0.8, 0.8).astype(np.float32)
    shares = []
    for pieces in (1, 40):
        meter = LevelMeter()
        for piece in np.array_split(samples, pieces):
            meter.add(piece, RATE_HZ)
        shares.append(meter.clipped_share)
    assert shares[0] > 0.2
    assert shares[1] == shares[0]


def test_a_clipped_recording_is_found(tmp_path: Path, noted, check) -> None:
    path = tmp_path / "hot.wav"
    samples, places = _tones("G", A2_HZ, level=1.0)
    soundfile.write(path, np.clip(1.3 * samples, -0.7, 0.7), RATE_HZ)
    assert ("hot", "clipped") in _kinds(check(tmp_path, noted(path, labels=_labels(places))))


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_the_same_sound_encoded_anew_is_a_duplicate_and_another_take_is_not(
    tmp_path: Path, suffix: str, sung, noted, check
) -> None:
    first = sung(tmp_path / "first.wav", "G R S", seed=1)
    take2 = sung(tmp_path / "take2.wav", "G R S", seed=2)
    again = tmp_path / f"again.{suffix}"
    soundfile.write(again, 0.5 * soundfile.read(tmp_path / "first.wav")[0], RATE_HZ)
    copy = noted(again, labels=first.labels)
    (found,) = check(tmp_path, first, take2, copy).findings
    assert (found.kind, found.recording, found.other) == ("duplicate", copy, first.id)
    assert "first.wav" in found.line
    sounds = [load_clip(tmp_path / name, rate_hz=2000).samples for name in ("first.wav", "take2.wav")]
    assert similarity(*sounds) < 0.95


def test_a_wrong_name_is_told_with_the_right_one_and_its_place(tmp_path: Path, sung, check) -> None:
    wrong = sung(tmp_path / "re.wav", "G", named="R")
    high = sung(tmp_path / "sa.wav", "S'", named="S", seed=1)
    take = sung(tmp_path / "take.wav", "S R G P D S'", named="S R m P D S'", seed=2)
    found = {Path(each.recording.path).stem: each for each in check(tmp_path, wrong, high, take).findings}
    assert {each.kind for each in found.values()} == {"label"}
    assert "named Re at 0.10 s, but sounds like Ga" in found["re"].what
    assert f"swara samples label {wrong.id} --swara Ga" in found["re"].fix
    assert f'swara samples label {high.id} --swara "taar Sa"' in found["sa"].fix
    assert found["take"].start_s == pytest.approx(1.9)
    assert f"{take.id} --at 2.30 --swara Ga" in found["take"].fix


def test_a_label_where_nothing_issung(tmp_path: Path, noted, check) -> None:
    samples, places = _tones("S R G", A2_HZ)
    samples[round(1.0 * RATE_HZ) : round(1.9 * RATE_HZ)] = 0
    soundfile.write(tmp_path / "take.wav", samples, RATE_HZ)
    (found,) = check(tmp_path, noted(tmp_path / "take.wav", labels=_labels(places))).findings
    assert "named Re" in found.what
    assert "no pitch is heard" in found.what
    assert "--swara none" in found.fix


@pytest.mark.parametrize("name", ["D3", "E3", "A3"])
def test_a_sa_that_fits_better_elsewhere_is_named(tmp_path: Path, name: str, sung, check) -> None:
    """Single notes of one folder and one singer share a Sa; each is told."""
    wrong_hz = {"D3": 146.83, "E3": 164.81, "A3": 220.0}[name]
    singles = [
        sung(tmp_path / "A" / f"{n}.wav", swara, sa=wrong_hz, seed=n)
        for n, swara in enumerate(("S", "R", "G", "P", "D"))
    ]
    right = sung(tmp_path / "B" / "right.wav", "S R G P", seed=7)
    result = check(tmp_path, *singles, right)
    assert {each.recording.id for each in result.findings if each.kind == "sa"} == {s.id for s in singles}
    assert {each.kind for each in result.findings} == {"sa"}
    for found in result.findings:
        assert f"Sa on {name} fits 0%" in found.what
        assert "on A2" in found.what
        assert "100%" in found.what
    fixes = {found.fix.split("--tonic ")[1] for found in result.findings}
    assert all(fix == "A2" or abs(1200 * np.log2(float(fix) / A2_HZ)) < 10 for fix in fixes)


def test_a_mistuned_sa_is_told_in_cents(tmp_path: Path, sung, check) -> None:
    take = sung(tmp_path / "take.wav", "S R G P D S'", sa=A2_HZ * 2 ** (-45 / 1200))
    (found,) = check(tmp_path, take).findings
    assert found.kind == "sa"
    away = int(found.what.split(" cents")[0].split()[-1])
    assert abs(away - 45) <= 5
    assert "cents higher" in found.what


def test_a_raga_labelled_on_a_wrong_sa_is_told_although_its_labels_fit_it(
    tmp_path: Path, sung, noted, check
) -> None:
    """Bhupali on A2 sung; noted as if Sa were D3, with the names that follow from that."""
    phrase = "S R G P D S' D P G R S G R S"
    names = {"S": ".P", "R": ".D", "G": ".N", "P": "R", "D": "G", "S'": "P"}
    named = " ".join(names[swara] for swara in phrase.split())
    take = sung(tmp_path / "take.wav", phrase, named=named, sa=A2_HZ * 4 / 3, raga="bhupali", length_s=1.0)
    (found,) = check(tmp_path, take).findings
    assert found.kind == "sa"
    assert "A2" in found.what
    good = sung(tmp_path / "good.wav", phrase, raga="bhupali", length_s=1.0, seed=3)
    assert check(tmp_path / "other", good).ok


def test_the_pitch_is_found_once_and_kept(tmp_path: Path, sung, tracker) -> None:
    take = sung(tmp_path / "take.wav", "S R G")
    store = Layout(tmp_path / "store")
    append_recordings(store.corpus, [take])
    shares: list[tuple[str, float]] = []
    for _ in range(2):
        assert check_samples(store, tracker=tracker, progress=lambda *told: shares.append(told)).ok
    assert tracker.heard == 1
    assert ("listening", 1.0) in shares
    assert all(0 <= share <= 1 for _, share in shares)


def test_the_command_tells_by_its_exit_code(tmp_path: Path, swara, sung, check) -> None:
    store = Layout(tmp_path / "store")
    clean = swara("samples", "check", "--store", store.folder)
    assert (clean.code, clean.err) == (0, "")
    assert "nothing is wrong" in clean.out
    gone = sung(tmp_path / "gone.wav", "G")
    append_recordings(store.corpus, [gone])
    (tmp_path / "gone.wav").unlink()
    done = swara("samples", "check", "--store", store.folder)
    assert done.code == 1
    line = done.out.splitlines()[0]
    assert line.startswith(f"{gone.id} gone {tmp_path / 'gone.wav'}: the file is gone. Put the file back")
    told = swara("samples", "check", "--json", "--store", store.folder)
    assert told.code == 1
    report = json.loads(told.out)
    assert (report["schema"], report["ok"], report["recordings"]) == ("swara.samples-check/1", False, 1)
    assert [(each["kind"], each["id"]) for each in report["findings"]] == [("gone", gone.id)]


def test_the_bundled_samples_are_clean(pack_store: Path) -> None:
    result = check_samples(Layout(pack_store))
    assert (result.recordings, result.findings) == (len(pack_recordings()), ())
