"""Samples, versions, corrections and the machine as tables, on a terminal of any width or piped."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from swara.data.recording import Recording, SwaraLabel
from swara.embedder import EmbedderSpec
from swara.service.doctor.doctor import Check
from swara.service.errors import StoreDamaged
from swara.service.feedback.log import Correction
from swara.service.rebuild.gate import MARGINS
from swara.service.rebuild.result import RebuildResult
from swara.service.report.terminal.feedback_table import correction_lines, render_corrections
from swara.service.report.terminal.machine_table import render_doctor
from swara.service.report.terminal.samples_table import render_added, render_samples
from swara.service.report.terminal.versions_table import render_rebuild, render_version, render_versions
from swara.service.samples.results import AddResult
from swara.service.store.manifest import Manifest
from swara.service.versions.info import VersionInfo

SPEC = EmbedderSpec("my-singers-of-the-whole-year", 3, 16_000, 0.1, 0.05, {"seed": 1})
SINGERS = {f"Singer Number {number}": 100 + number for number in range(12)}


@pytest.fixture(params=[80, 64])
def width(request) -> int:
    return request.param


def shown(render, *what: object, width: int = 80, encoding: str = "utf-8") -> str:
    out = type("Terminal", (io.StringIO,), {"encoding": encoding})()
    render(*what, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def used(**fields: object) -> dict[str, object]:
    where = {"id": "3f0c9a50", "recording": "0123456789ab", "file": "take.wav", "start_s": 12.31}
    said = {"end_s": 12.84, "named": "P", "swara": "D", "judged": "low", "verdict": None}
    return where | said | {"named_right_before": False, "named_right_now": True} | fields


def learned(*corrections: dict[str, object], **fields: object) -> dict[str, object]:
    notes = len(corrections)
    plain = {"relabelled": 0, "from_takes": notes, "verdicts": 0, "in_tune_after_all": 0, "notes": notes}
    plain |= {"targets_moved_cents": {}, "named_right_before": 0, "named_right_now": notes}
    return plain | {"used": list(corrections)} | fields


def test_each_correction_is_named_with_what_became_of_it() -> None:
    first, what, became, last = correction_lines(learned(used()))
    assert "1 note of takes" in first
    assert "3f0c9a50  D, not P: take.wav (0123456789ab), 12.31-12.84 s" in what
    assert became.strip() == "this version names it right, the one before did not"
    assert last == "Of 1 corrected note this version names 1 right, the one before named 0."


def test_each_outcome_of_a_correction_has_words_of_its_own() -> None:
    outcomes = [(now, before) for now in (True, False) for before in (True, False, None)] + [(None, None)]
    reports = (learned(used(named_right_now=now, named_right_before=before)) for now, before in outcomes)
    words = [list(correction_lines(report))[2].strip() for report in reports]
    assert len(set(words)) == len(outcomes)
    for (now, before), said in zip(outcomes, words, strict=True):
        assert said.startswith("this version names it right") == (now is True)
        assert ("before" in said) == (before is not None)


def test_corrected_verdicts_and_moved_targets_are_counted() -> None:
    facts = {"verdicts": 2, "in_tune_after_all": 1, "targets_moved_cents": {"P": 10.83}}
    *_, verdicts, moved = correction_lines(learned(used(swara=None, verdict="in tune"), **facts))
    assert verdicts == "2 verdicts corrected; in tune after all: 1."
    assert moved.endswith("in cents: P +10.8.")


def test_a_version_without_one_before_or_that_only_counted_can_be_read() -> None:
    *_, last = correction_lines(learned(used(named_right_before=None), named_right_before=None))
    assert last == "Of 1 corrected note this version names 1 right."
    counted = learned(used())
    del counted["used"]
    assert len(list(correction_lines(counted))) == 2
    assert list(correction_lines(None)) == []


def test_a_rebuild_names_the_first_corrections_and_counts_the_others() -> None:
    metrics = {"corrections": learned(*(used(id=f"3f0c9a5{number}") for number in range(8)))}
    printed = shown(render_rebuild, RebuildResult("v", True, False, "stub", 1, 0, {}, metrics, ()))
    assert printed.count("3f0c9a5") == 5
    assert "and 3 more" in printed
    assert "1 recording embedded, 0 known from before" in printed


def version(number: int, **fields: object) -> VersionInfo:
    name = f"2025030{number}T130000.000250Z-abcdef0{number}"
    score = {"share": 0.985, "notes": 2412, "of": ""}
    manifest = Manifest(
        made_at="2025-03-01T13:00:00.000250+00:00",
        parent="20250228T130000.000250Z-abcdef00",
        code_version="1.0",
        embedder=SPEC,
        made_with={"note_head": SPEC.fingerprint},
        parameters={},
        corpus_digest="ab" * 32,
        metrics={
            "learned_from": {"recordings": 123, "notes": 2412, "by_singer": SINGERS},
            "corrections": learned(used()),
        },
        files={},
        gate={"promoted": True, "reasons": [], "scores": dict.fromkeys(MARGINS, score)},
    )
    plain = {"live": False, "abandoned": False, "chosen_at": "", "promoted_from": None, "trouble": None}
    return VersionInfo(id=name, manifest=manifest, **plain | fields)


def test_a_version_is_shown_whole(width: int) -> None:
    page = shown(render_version, version(1), width=width)
    assert "…" not in page
    starts = [line.strip().split("  ")[0] for line in page.splitlines()]
    assert {*MARGINS, "Made", "Heard by"} <= set(starts)
    assert "3f0c9a50  D, not P: take.wav" in page
    tables = page[: page.index("Corrections learned from")]
    assert max(map(len, tables.splitlines())) <= width
    for number in range(12):
        assert f"Number {number} {100 + number}" in " ".join(page.split())


def test_ids_in_the_list_of_versions_are_whole(width: int) -> None:
    damage = StoreDamaged(
        "the file was changed", where="/srv/store/versions/20250302T130000.000250Z-abcdef02/note_head.npz"
    )
    infos = [version(2, live=True, trouble=damage), version(1, abandoned=True)]
    page = shown(render_versions, infos, ["more is wrong"], width=width)
    assert all(info.id in page for info in infos)
    assert "…" not in page
    assert "! more is wrong" in page
    assert page.count(f"! {damage}\n") == 1, "in one line, where it is piped"
    assert all(len(line) <= width for line in page.splitlines() if "! " not in line)


def test_an_id_in_the_list_of_corrections_can_be_confirmed_however_little_fits(width: int) -> None:
    given = Correction(
        id="7c5aa1b2",
        at="2025-03-01T13:00:00+00:00",
        path="/srv/takes/a rather long name of a take, evening practice of the first of March.wav",
        sha256="ab" * 32,
        start_s=612.4,
        end_s=613.1,
        tonic_hz=138.59,
        named="D",
        judged="in tune",
        swara=".P",
        verdict="perfect",
    )
    page = shown(render_corrections, [given], width=width)
    assert any(line.strip().startswith("7c5aa1b2 ") for line in page.splitlines())
    assert "…" not in page
    assert max(map(len, page.splitlines())) <= width
    assert given.id in shown(render_corrections, [given], width=30)
    assert version(1).id in shown(render_versions, [version(1)], [], width=40)


@pytest.mark.parametrize(("count", "plural"), [(0, "s"), (1, ""), (2, "s")])
def test_one_of_a_thing_is_not_several(count: int, plural: str) -> None:
    label = SwaraLabel(0.0, 1.0, "S")
    each = count * (Recording("/takes/a.wav", 64 * "0", "A. Singer", 200.0, None, (label,), "mine"),)
    added = shown(render_added, AddResult(each, *8 * [()]))
    assert f"{count} recording{plural} added, {count} note{plural}." in added
    assert ("from the next: swara rebuild" in added) == (count > 0)
    assert f"{count} sample{plural}, {count} note{plural}." in shown(render_samples, each)


CHECKS = (
    Check("Python", "ok", "3.12"),
    Check("tensorflow", "missing", "not installed", f"Run: pip install {100 * 'e'} {100 * 'f'}"),
    Check("[bold]store", "broken", "read-only", "Choose another with --store"),
)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_doctor_shows_each_check_and_its_fix(encoding: str) -> None:
    text = shown(render_doctor, CHECKS, encoding=encoding)
    for check in CHECKS:
        for words in (check.name, check.state, check.detail, check.fix or ""):
            assert words in text
    assert "Not ready: [bold]store." in text
    assert encoding == "utf-8" or text.isascii()
    only_optional = shown(render_doctor, CHECKS[:2], encoding=encoding)
    assert "Ready to analyze a take. One optional thing is missing." in only_optional
