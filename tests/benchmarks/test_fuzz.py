"""The short form of ``python -m benchmarks.fuzz``, and that it sees what it is there to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import fuzz

SHORT = 250
"""Damaged files of each run of the tests: 20 s on a quiet core."""


def test_damaged_files_of_every_format_are_read_or_refused() -> None:
    assert [(number, wrong) for number, wrong in fuzz.examined(0, SHORT) if wrong is not None] == []


def test_a_file_is_the_same_every_time() -> None:
    seeds = [bytes(range(256)) * 8, bytes(2_000)]
    assert fuzz.damaged(seeds, 3) == fuzz.damaged(seeds, 3) != fuzz.damaged(seeds, 4)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("raise KeyError('x')", "fault: KeyError: 'x'"),
        ("time.sleep(0.3)", "took 0.3 s"),
        ("bytearray(80_000_000)", "MB"),
        ("pass", None),
    ],
)
def test_what_must_not_happen_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, said: str | None
) -> None:
    def decode(*_: object, **__: object) -> None:
        exec(f"import time\n{wrong}", {})

    monkeypatch.setattr(fuzz, "decode", decode)
    monkeypatch.setattr(fuzz, "MOST_S", 0.25 if "sleep" in wrong else 60.0)
    monkeypatch.setattr(fuzz, "MOST_BYTES", fuzz._peak_bytes() + 20_000_000 if "bytearray" in wrong else 1e12)
    found = fuzz.outcome(tmp_path / "take")
    assert found is said is None or (said is not None and said in str(found))
