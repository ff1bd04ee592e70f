"""An older swara, which lay flat, in the same environment: pip keeps both, and they share the command."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("install")

OLD = {
    "pyproject.toml": """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "swara"
version = "0.1.0"
scripts = {swara = "cli:main"}
[tool.hatch.build.targets.wheel]
include = ["*.py"]
""",
    "cli.py": "def main():\n    print('swara, the old one')\n",
    **dict.fromkeys(("data/__init__.py", "raga/__init__.py", "service/__init__.py"), ""),
}


def test_the_doctor_names_the_old_one_and_the_way_out_works(
    tmp_path: Path,
    wheel_file: Path,
    new_environment: Callable[..., Any],
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    for name, text in OLD.items():
        (tmp_path / "old" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "old" / name).write_text(text, "utf-8")
    environment = new_environment("two of the name", hostile=False)
    environment.install(tmp_path / "old")
    assert run(environment.command, cwd=tmp_path).stdout == "swara, the old one\n"
    environment.install(wheel_file)
    assert run(environment.command, "--version", cwd=tmp_path).stdout.startswith("swara 0.")

    sick = run(environment.command, "doctor", cwd=tmp_path, code=1).stdout
    assert "Not ready: another swara" in sick
    line, fix = _finding(sick, "another swara")
    assert "0.1.0 is installed beside this one" in line
    uninstall, _, install = fix.split(". ")
    assert uninstall == "Run: pip uninstall swara"

    environment.pip(*shlex.split(uninstall)[2:], "--yes")
    assert not environment.command.exists()
    headless = run(environment.python, "-m", "swara.cli", "doctor", cwd=tmp_path, code=1).stdout
    line, fix = _finding(headless, "swara")
    assert "1 file of it cannot be found: swara" in line
    assert fix == install

    environment.pip(*shlex.split(install)[2:], "--no-index")
    healthy = run(environment.command, "doctor", cwd=tmp_path).stdout
    assert "another swara" not in healthy


def _finding(report: str, name: str) -> tuple[str, str]:
    """Return the line on what the doctor found broken, and what is to be done."""
    (line,) = re.findall(rf"^\W+broken +{name}  +(.*)$", report, re.MULTILINE)
    (fix,) = re.findall(rf"^  {name}: (.*)$", report, re.MULTILINE)
    return line, fix
