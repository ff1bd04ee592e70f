"""A short form of the accidents of ``python -m benchmarks.rebuild``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked")

_CODE = """
import sys
from pathlib import Path
from benchmarks.rebuild.faults import Trial

trial = Trial(Path(sys.argv[1]), seed=1)
print(*trial.kills(6), sep="\\n")
print(*trial.write_errors(9), sep="\\n")
print(*trial.races(1, seconds=1.0), sep="\\n")
"""


def test_whatever_happens_the_live_version_answers_and_nothing_is_lost(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _CODE, str(tmp_path / "trial")]
    root = Path(__file__).parents[3]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    outcomes = done.stdout.split("\n")
    assert len([each for each in outcomes if each in ("killed", "done before")]) == 6
    assert len([each for each in outcomes if each.startswith("E")]) == 9
    assert any(each.endswith("refused") for each in outcomes)
    assert outcomes[-2] == "raced"
