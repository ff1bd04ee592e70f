from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from swara import raga


def test_every_public_name_is_there() -> None:
    assert len(set(raga.__all__)) == len(raga.__all__)
    for name in raga.__all__:
        assert getattr(raga, name).__doc__ if callable(getattr(raga, name)) else hasattr(raga, name)


def test_the_ground_floor_stands_on_the_standard_library_alone() -> None:
    code = "import raga, sys; print(*{m.partition('.')[0] for m in sys.modules} - sys.stdlib_module_names)"
    ran = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(raga.__file__).parents[1],
    )
    assert set(ran.stdout.split()) <= {"raga", "__main__"}
