"""What every page is written with: checks, tables, intervals, raw figures; and the meter."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import bootstrap

from benchmarks import meter
from benchmarks.heads.__main__ import PAGE as HEADS
from benchmarks.heads.__main__ import SECTIONS
from benchmarks.live.__main__ import SECTIONS as LIVE
from benchmarks.page import DOCS, Check, Page, Section, Table, standing, to_json
from benchmarks.shares import Interval, Share

PAGE = Page("Title", "benchmarks.pitch", "bench-some", "Why.", "benchmarks/some.md")


def test_the_figure_as_shown_is_what_is_compared():
    verdicts = [Check("x", measured, 97.0).verdict for measured in (96.96, 96.94)]
    verdicts += [Check("x", measured, 97.0, at_most=True).verdict for measured in (97.04, 98.0)]
    assert verdicts == ["met", "missed by 0.1 points", "met", "missed by 1.0 points"]
    assert not Check("x", float("nan"), 97.0).met


def test_cells_are_formatted_by_column():
    lead, nan = Interval(-2.0, -3.0, -1.0, lead=True), float("nan")
    table = Table(
        "Caption.",
        "abcd",
        [("x", 0.123, lead, (1.0, 2.0)), ("y", nan, "as it is", nan)],
        ("{:.1%}", "{:.0f}", "{:.1f}"),
    )
    caption, grid = table.lines()
    assert caption == "Caption."
    assert grid.splitlines()[2:] == [
        "| x | 12.3 % | -2 (-3 to -1) **behind** | 1.0/2.0 |",
        "| y | - | as it is | - |",
    ]
    assert not Interval(-2.0, -3.0, -1.0).behind
    assert list(Table("Caption.", "a", []).lines()) == []


def test_a_page_says_at_its_head_what_was_missed_and_is_written_with_the_raw_figures(tmp_path):
    checks = (Check("good", 99.0, 97.0), Check("bad", 96.0, 97.0))
    table = Table("", "ab", [("x", Share.of(np.array([1.0, 0.0])))], "{:.2f}")
    options = PAGE.parser("x").parse_args(
        ["--page", str(tmp_path / "a" / "b.md"), "--json", str(tmp_path / "c.json")]
    )
    PAGE.write(options, [Section("One", "How.\n\nHow else.", checks, [table], "So.")], left_out=["x: why"])
    page = (tmp_path / "a" / "b.md").read_text("utf-8")
    head, _, body = page.partition("## One")
    assert "1 of 2 targets were met. Missed:\n\n- One: bad, missed by 1.0 points" in head
    assert "`python -m benchmarks.pitch` (`make bench-some`)" in head
    assert "- x: why" in head
    assert "| bad | 96.0 % | at least 97.0 % | missed by 1.0 points |" in body
    assert "| x | 0.50 (0.00 to 1.00) |" in body
    assert all(len(line) <= 110 or line.startswith("|") for line in page.splitlines())
    (kept,) = json.loads((tmp_path / "c.json").read_text("utf-8"))
    assert kept["tables"][0]["rows"][0][1]["value"] == 0.5
    assert to_json({1: [float("nan"), np.arange(2)]}) == {"1": [None, [0, 1]]}


class TestShare:
    part = np.random.default_rng(1).integers(60, 100, 30).astype(float)
    whole = np.full(30, 100.0)

    def test_it_is_counted_over_all(self):
        assert Share(np.array([1.0, 3.0]), np.array([1.0, 9.0])).value == pytest.approx(0.4)
        nothing = Share(np.zeros(2), np.zeros(2)).interval
        assert np.isnan([nothing.value, nothing.low, nothing.high]).all()
        by_unit = Share.of(np.array([1.0, 0.0, 0.5]), np.array([0, 2, 2]))
        assert (by_unit.part.tolist(), by_unit.whole.tolist()) == ([1.0, 0.0, 0.5], [1.0, 0.0, 2.0])

    def test_the_interval_is_that_of_scipy_and_repeats(self):
        span = Share(self.part, self.whole).interval
        rng = np.random.default_rng(0)
        wanted = bootstrap(
            (self.part / 100,), np.mean, method="percentile", n_resamples=4000, rng=rng
        ).confidence_interval
        assert (span.low, span.high) == pytest.approx((wanted.low, wanted.high), abs=0.004)
        assert span == Share(self.part, self.whole).interval

    def test_a_small_steady_lead_is_significant_only_in_pairs(self):
        ours, theirs = Share(self.part, self.whole), Share(self.part - 2, self.whole)
        lead = ours.ahead_of(theirs)
        assert (lead.low, lead.value, lead.high) == pytest.approx((0.02, 0.02, 0.02))
        assert theirs.ahead_of(ours).behind
        assert theirs.interval.high > ours.interval.low
        with pytest.raises(ValueError, match="30 units cannot be compared with 29"):
            ours.ahead_of(Share(self.part[1:], self.whole[1:]))


def burning(seconds: float, megabytes: int):
    """Return work of a known cost; the meter imports it from here."""

    def run() -> int:
        held = np.ones(megabytes * 2**17)
        until = time.process_time() + seconds
        while time.process_time() < until:
            pass
        return int(held[0]) + megabytes

    return run


class TestMeter:
    job = "tests.benchmarks.test_page:burning"

    def test_work_is_weighed_in_a_process_of_its_own(self):
        once = meter.weigh(self.job, 0.2, 100)
        assert once.result == 101
        assert 0.2 <= once.cpu_s < 2.0
        assert once.wall_s >= 0.19
        assert meter.weigh(self.job, 0.0, 1).peak_mb + 80 < once.peak_mb
        rounds = meter.weigh(self.job, 0.05, 1, rounds=3, cores=1)
        assert 0.05 <= rounds.cpu_s < 0.2
        assert rounds.result is None

    def test_the_command_line_can_be_weighed(self):
        assert meter.weigh("benchmarks.meter:command", "--help").peak_mb > 5
        with pytest.raises(SystemExit, match="does not run by itself"):
            meter.weigh("benchmarks.meter:command", "analyze", "/no/such/file.wav")


def test_sections_that_are_not_measured_stand_as_they_are(tmp_path: Path) -> None:
    checks = [Check("a: F1", 67.5, 75.0), Check("b", 0.3, 0.25, "s", at_most=True, digits=2)]
    table = Table("By name:", ("name", "F1"), [("cello", 0.5)])
    sections = [Section(title, "How.", checks, [table], "So.") for title in SECTIONS.values()]
    (page := tmp_path / "page.md").write_text(written := HEADS.render(sections), encoding="utf-8")
    found = standing(page, [*SECTIONS.values()])
    assert [section.checks for section in found] == [checks] * len(SECTIONS)
    assert HEADS.render(found) == written
    assert [section.title for section in standing(page, ["Exercises"])] == ["Exercises"]
    assert standing(tmp_path / "none.md", ["Exercises"]) == []
    live = standing(DOCS / "benchmarks" / "live.md", [*LIVE.values()])
    assert [section.title for section in live] == [*LIVE.values()]
    assert f"of {sum(len(section.checks) for section in live)} targets were met" in (
        DOCS / "benchmarks" / "live.md"
    ).read_text(encoding="utf-8")
