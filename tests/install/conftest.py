"""What is built from the sources, and environments of its own for each way to install it.

Everything lies in a folder whose name has spaces and letters outside ASCII. Nothing is fetched: an
environment sees the third-party packages of the one that runs the tests, through links, and not its swara.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("raga", "data", "embedder", "classifier", "index", "service")
_NOT_LINKED = re.compile(r"_?swara|__editable__|__pycache__|.*\.pth$", re.IGNORECASE)
_NAMES = ("data.py", "cli.py", "raga.py", "index/__init__.py", "service/__init__.py")
_HOSTILE = dict.fromkeys(_NAMES, "raise RuntimeError('this is another program')\n")
"""Modules of somebody else's, by file, with names that the folders of this repository have too."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment in a folder."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def command(self) -> Path:
        return self.folder / "bin" / "swara"

    @property
    def site_packages(self) -> Path:
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found

    def pip(self, *words: object) -> str:
        """Run pip on this environment, without an index."""
        quiet = ["--disable-pip-version-check", "--python", str(self.python)]
        return _run(sys.executable, "-m", "pip", *quiet, *words, cwd=self.folder).stdout

    def install(self, *what: object) -> None:
        self.pip("install", "--no-index", "--no-deps", "--no-build-isolation", *what)


def _run(*words: object, cwd: Path, code: int = 0, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a program that must end with `code`; no variable of this process leads it to the repository."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    around = ours | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "300"} | variables
    line = [str(word) for word in words]
    done = subprocess.run(line, cwd=cwd, env=around, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def _write_files(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


@pytest.fixture(scope="session")
def run() -> Callable[..., subprocess.CompletedProcess[str]]:
    return _run


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name no program likes."""
    folder = tmp_path_factory.mktemp("install") / "मेरा गाना, für Ü"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def third_party(place: Path) -> Path:
    """A folder of links to every package that is installed here, but swara."""
    folder = place / "third party"
    folder.mkdir()
    for root in (Path(each) for each in sys.path if each.endswith(("site-packages", "dist-packages"))):
        for each in root.iterdir():
            if not _NOT_LINKED.match(each.name) and not (folder / each.name).is_symlink():
                (folder / each.name).symlink_to(each)
    return folder


@pytest.fixture(scope="session")
def new_environment(place: Path, third_party: Path) -> Callable[..., Environment]:
    """Make an environment in which somebody else's modules are installed under names of our folders."""

    def make(name: str, *, hostile: bool = True) -> Environment:
        venv.create(place / name, with_pip=False, symlinks=True)
        made = Environment(place / name)
        if hostile:
            _write_files(made.site_packages, _HOSTILE)
        (made.site_packages / "third_party.pth").write_text(f"{third_party}\n", "utf-8")
        return made

    return make


@pytest.fixture(scope="session")
def dist(place: Path) -> Path:
    """A folder with the wheel and the sdist, and the wheel built from the unpacked sdist in ``again``."""
    folder = place / "dist"
    _run(sys.executable, "-m", "hatchling", "build", "-d", folder, cwd=ROOT)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(place / "unpacked", filter="data")
    (unpacked,) = (place / "unpacked").iterdir()
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "again", cwd=unpacked)
    return folder


@pytest.fixture(scope="session")
def wheel_file(dist: Path) -> Path:
    (path,) = dist.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def hostile_folder(place: Path) -> Path:
    """A folder to work in, as of somebody who works with data."""
    folder = place / "notebooks"
    _write_files(folder, _HOSTILE)
    return folder


@pytest.fixture(scope="session")
def copied_checkout(place: Path) -> Callable[[str], Path]:
    """Copy what is needed to run from the sources, links as links."""

    def copy(name: str) -> Path:
        folder = place / name
        folder.mkdir()
        ignored = shutil.ignore_patterns("__pycache__")
        for each in (*PACKAGES, "swara"):
            shutil.copytree(ROOT / each, folder / each, symlinks=True, ignore=ignored)
        for each in ("cli.py", "pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / each, folder)
        return folder

    return copy
