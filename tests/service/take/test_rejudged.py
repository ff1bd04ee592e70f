"""A take heard once is judged anew as it would be heard anew; what the command keeps of it, too."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.decode import decode
from swara.data.storage.array_cache import RecentCache
from swara.service.adviser.adviser import load_model
from swara.service.export.take_files import TakeFiles, analyze_file
from swara.service.report.json_report import to_json
from swara.service.request import parse_request, preset_thresholds
from swara.service.store import Layout
from swara.service.store.usage import cache_shares, prune_cache
from swara.service.take.analyze import analyze, hear, judge_take
from swara.service.take.heard import heard_from, to_arrays

ASKED = [
    (None, None, "student"),
    ("C#3", "bhupali", "student"),
    ("D", "bhupali", "student"),
    (None, "yaman", "performer"),
    ("150", "malkauns", "learner"),
]


def _request(tonic, raga, preset, store=Path()):
    return parse_request(tonic, raga, "just", preset_thresholds(preset), store)


@pytest.fixture(scope="module")
def model(pack_store):
    return load_model(pack_store)


@pytest.fixture
def store(pack_store, tmp_path) -> Path:
    return Path(shutil.copytree(pack_store, tmp_path / "own", ignore=shutil.ignore_patterns("cache")))


@pytest.mark.parametrize("samples", [True, False])
def test_a_take_judged_anew_is_a_take_analyzed_anew(demo, model, samples) -> None:
    decoded, adviser = decode(demo, rate_hz=TRACK_RATE_HZ), model if samples else None
    tracker = pitch_tracker("head")
    heard = hear(decoded.clip, tracker, level=decoded.level, warnings=("odd",), listener=adviser)
    kept = heard_from(to_arrays(heard))
    given = {"source": "take", "adviser": adviser}
    for asked in ASKED:
        request = _request(*asked)
        fresh = to_json(
            analyze(decoded.clip, request, tracker, level=decoded.level, warnings=("odd",), **given)
        )
        assert to_json(judge_take(heard, request, **given)) == fresh
        assert to_json(judge_take(kept, request, **given)) == fresh


def test_an_adviser_who_did_not_hear_the_take_is_not_asked(demo, model) -> None:
    heard = hear(decode(demo, rate_hz=TRACK_RATE_HZ).clip, pitch_tracker("head"))
    with pytest.raises(ValueError, match="has not heard"):
        judge_take(heard, _request(*ASKED[0]), source="take", adviser=model)


def test_a_take_seen_before_is_neither_decoded_nor_tracked_nor_embedded(
    demo, model, tmp_path, monkeypatch
) -> None:
    cache = RecentCache(tmp_path / "takes")

    def run(asked, *, model=None, cache=cache, files=TakeFiles()):  # noqa: B008 -- frozen
        return to_json(
            analyze_file(demo, _request(*asked), files, max_duration_s=None, model=model, cache=cache)
        )

    fresh = {(asked, m): run(asked, model=m, cache=None) for asked in ASKED for m in (None, model)}
    run(ASKED[0])
    monkeypatch.setattr("swara.classifier.pitch.head.HeadTracker.track", lambda *_: pytest.fail("tracked"))
    assert run(ASKED[1], model=model) == fresh[ASKED[1], model]  # embedded now, not tracked
    monkeypatch.setattr("swara.data.audio.decode.decode", lambda *_, **__: pytest.fail("decoded"))
    monkeypatch.setattr(type(model.embedder), "embed", lambda *_: pytest.fail("embedded"))
    for (asked, m), report in fresh.items():
        assert run(asked, model=m) == report
    files = TakeFiles(*(tmp_path / name for name in ("a.json", "b.csv", "c.csv", "d.png")))
    run(ASKED[1], model=model, files=files)
    assert files.json.read_text(encoding="utf-8") == fresh[ASKED[1], model]


def test_a_damaged_entry_is_told_and_computed_again(demo, tmp_path) -> None:
    cache = RecentCache(tmp_path / "takes")

    def run():
        return analyze_file(
            demo,
            _request(*ASKED[1]),
            TakeFiles(),
            max_duration_s=None,
            cache=RecentCache(cache.folder),
        )

    first = run()
    (entry,) = cache.folder.rglob("*.npz")
    content = bytearray(entry.read_bytes())
    content[len(content) // 2] ^= 1
    entry.write_bytes(content)
    again = run()
    assert [said for said in again.warnings if said not in first.warnings] == [
        "What the cache held of this recording was damaged, and was computed again"
    ]
    assert to_json(run()) == to_json(first)
    cache.folder.rename(tmp_path / "gone")
    cache.folder.write_text("not a folder")
    assert to_json(run()) == to_json(first)


def test_the_take_goes_that_was_asked_for_the_longest_ago(tmp_path) -> None:
    cache, code = RecentCache(tmp_path, most_bytes=10_000), "0" * 16
    for number in range(4):
        cache.put(code, f"{number:064}", {"x": np.zeros(300)})
        if number == 2:
            assert cache.get(code, f"{0:064}") is not None
    assert [name[-1] for name in cache.digests(code)] == [
        "0",
        "2",
        "3",
    ]


def test_the_command_keeps_takes_of_files_and_of_stdin_and_prune_removes_them(
    store, demo, swara, monkeypatch
) -> None:
    words = [sys.executable, "cli.py", "analyze", "-", "--no-samples", "--json", "-", "--store", str(store)]
    piped = [
        subprocess.run(
            words,
            input=demo.read_bytes(),
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[3],
        ).stdout
        for _ in range(2)
    ]
    assert piped[0] == piped[1]
    layout = Layout(store)
    (share,) = [share for share in cache_shares(layout, thorough=True) if share.kind == "takes"]
    assert (share.entries, share.damaged) == (1, 0)
    entry = next(layout.takes.rglob("*.npz"))
    before = entry.stat().st_ino
    assert swara("analyze", demo, "--no-samples", "--store", store, "-q").code == 0
    assert entry.stat().st_ino == before  # the same bytes: the same entry, not written again
    said = swara("cache", "info", "--store", store).out
    assert "takes" in said
    assert "no sound" in said
    assert prune_cache(layout).outdated.entries >= 1
    assert not list(layout.takes.rglob("*.npz"))


def test_a_take_that_is_longer_than_accepted_is_refused_though_it_is_known(demo, tmp_path) -> None:
    from swara.data.errors import AudioTooLong

    cache = RecentCache(tmp_path / "takes")
    given = {"request": _request(*ASKED[1]), "files": TakeFiles(), "cache": cache}
    analyze_file(demo, max_duration_s=None, **given)
    with pytest.raises(AudioTooLong):
        analyze_file(demo, max_duration_s=2.0, **given)
