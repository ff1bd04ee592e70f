"""The checkers see the whole house: each of them can be content with a file or two, and say that all is well.

They find their way by the links in ``swara/``, by pyproject.toml, or not at all: each says how many it saw.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("raga", "data", "embedder", "classifier", "index", "service")
MODULES = sorted(
    path.relative_to(ROOT).as_posix() for package in PACKAGES for path in (ROOT / package).rglob("*.py")
)
FACE = len(list((ROOT / "swara").glob("*.py")))
BIN = Path(sys.executable).parent


def _said(*words: str, code: int = 0, cwd: Path = ROOT) -> str:
    done = subprocess.run([BIN / words[0], *words[1:]], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def _number(pattern: str, text: str) -> int:
    (found,) = re.findall(pattern, text)
    return int(found)


def test_mypy_sees_every_module() -> None:
    """And cli.py."""
    assert _number(r"no issues found in (\d+) source files", _said("mypy")) == len(MODULES) + FACE + 1


def test_import_linter_sees_every_module() -> None:
    """But cli.py, to which no link leads: it is above all layers."""
    assert _number(r"Analyzed (\d+) files", _said("lint-imports", "--no-cache")) == len(MODULES) + FACE


def test_pyright_resolves_every_module(tmp_path: Path) -> None:
    """In a file that imports them all; `make check` has it look into each."""
    names = [re.sub(r"(/__init__)?\.py$", "", name).replace("/", ".") for name in MODULES]
    text = "".join(f"import swara.{name}\n" for name in names)
    (tmp_path / "imports.py").write_text(f"import swara\n{text}import swara.no_such_module\n", "utf-8")
    config = {"extraPaths": [str(ROOT)], "typeCheckingMode": "basic", "include": ["imports.py"]}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config), "utf-8")
    said = json.loads(_said("pyright", "--outputjson", "--pythonpath", sys.executable, code=1, cwd=tmp_path))
    told = [each["message"] for each in said["generalDiagnostics"]]
    assert [each for each in told if "no_such_module" not in each] == []
    assert len(told) == 1


def test_what_pyright_looks_into_is_everything() -> None:
    """The count of files is printed and held by what `make check` runs."""
    text = (ROOT / "Makefile").read_text("utf-8")
    (recipe,) = re.findall(r"^check:.*\n((?:\t.*\n)+)", text, re.MULTILINE)
    runs = [line.strip().removeprefix("$(BIN)/") for line in recipe.splitlines()]
    assert [line.split()[0] for line in runs] == ["ruff", "ruff", "mypy", "lint-imports", "python"]
    assert runs[-1] == "python .ci/count_pyright.py"
