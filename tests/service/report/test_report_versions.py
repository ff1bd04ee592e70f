"""Versions and corrections as tables, on a terminal of 80 columns or piped."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from swara.embedder import EmbedderSpec
from swara.service.errors import StoreDamaged
from swara.service.feedback.log import Correction
from swara.service.rebuild.gate import MARGINS
from swara.service.report.terminal.feedback_table import render_corrections
from swara.service.report.terminal.versions_table import render_version, render_versions
from swara.service.store.manifest import Manifest
from swara.service.versions.info import VersionInfo

SPEC = EmbedderSpec("my-singers-of-the-whole-year", 3, 16_000, 0.1, 0.05, {"seed": 1})
SINGERS = {f"Singer Number {number}": 100 + number for number in range(12)}


@pytest.fixture(params=[80, 64])
def width(request) -> int:
    return request.param


def shown(render, *what: object, width: int) -> str:
    out = io.StringIO()
    render(*what, Console(file=out, width=width, highlight=False))
    return out.getvalue()


def version(number: int, **fields: object) -> VersionInfo:
    name = f"2025030{number}T130000.000250Z-abcdef0{number}"
    score = {"share": 0.985, "notes": 2412, "of": ""}
    gate = {"promoted": True, "reasons": [], "scores": dict.fromkeys(MARGINS, score)}
    learned_from = {"recordings": 123, "notes": 2412, "by_singer": SINGERS}
    manifest = Manifest(
        made_at="2025-03-01T13:00:00.000250+00:00",
        parent="20250228T130000.000250Z-abcdef00",
        code_version="1.0",
        embedder=SPEC,
        made_with={"note_head": SPEC.fingerprint},
        parameters={},
        corpus_digest="ab" * 32,
        metrics={"learned_from": learned_from},
        files={},
        gate=gate,
    )
    plain = {"live": False, "left": False, "chosen_at": "", "came_from": None, "trouble": None}
    return VersionInfo(id=name, manifest=manifest, **plain | fields)


def test_a_version_is_shown_whole(width: int) -> None:
    page = shown(render_version, version(1), width=width)
    assert "…" not in page
    starts = [line.strip().split("  ")[0] for line in page.splitlines()]
    assert set(MARGINS) <= set(starts)
    assert {"Learned from", "Heard by"} <= set(starts)
    assert max(map(len, page.splitlines())) <= width
    for number in range(12):
        assert f"Number {number} {100 + number}" in " ".join(page.split())


def test_the_corrections_that_a_version_learned_from_are_named() -> None:
    used = {"id": "7c5aa1b2", "recording": "0123456789ab", "file": "take.wav", "start_s": 1.0, "end_s": 2.0}
    used |= {"named": "P", "swara": "D", "judged": "low", "verdict": None}
    used |= {"named_right_before": False, "named_right_now": True}
    counts = {"relabelled": 0, "from_takes": 1, "verdicts": 0, "in_tune_after_all": 0, "notes": 1}
    counts |= {"targets_moved_cents": {}, "named_right_before": 0, "named_right_now": 1}
    plain = version(1)
    assert plain.manifest is not None
    metrics = {**plain.manifest.metrics, "corrections": {**counts, "used": [used]}}
    info = replace(plain, manifest=replace(plain.manifest, metrics=metrics))
    page = shown(render_version, info, width=80)
    assert "7c5aa1b2  D, not P: take.wav (0123456789ab), 1.00-2.00 s" in page
    assert "this version names it right, the one before did not" in page


def test_ids_in_the_list_of_versions_are_whole(width: int) -> None:
    damage = StoreDamaged(
        "the file was changed", where="/srv/store/versions/20250302T130000.000250Z-abcdef02/note_head.npz"
    )
    infos = [version(2, live=True, trouble=damage), version(1, left=True)]
    page = shown(render_versions, infos, ["more is wrong"], width=width)
    assert all(info.id in page for info in infos)
    assert "…" not in page
    assert "! more is wrong" in page
    assert page.count(f"! {damage}\n") == 1, "in one line, where it is piped"
    assert all(len(line) <= width for line in page.splitlines() if "! " not in line)


@pytest.fixture
def given() -> Correction:
    return Correction(
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


def test_an_id_in_the_list_of_corrections_can_be_confirmed(given: Correction, width: int) -> None:
    page = shown(render_corrections, [given], width=width)
    assert any(line.strip().startswith("7c5aa1b2 ") for line in page.splitlines())
    assert "…" not in page
    assert max(map(len, page.splitlines())) <= width


def test_where_little_fits_ids_do(given: Correction) -> None:
    assert given.id in shown(render_corrections, [given], width=30)
    info = version(1, live=True)
    assert info.id in shown(render_versions, [info], [], width=40)
