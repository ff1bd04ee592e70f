"""What an installation gets: everything that runs, and nothing else."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
STEM = f"{PROJECT['name'].replace('-', '_')}-{PROJECT['version']}"
pytestmark = pytest.mark.xdist_group("install")
PACKAGES = ("raga", "data", "embedder", "classifier", "index", "service")


@pytest.fixture(scope="module")
def wheel(wheel_file: Path) -> zipfile.ZipFile:
    assert wheel_file.name == f"{STEM}-py3-none-any.whl"
    return zipfile.ZipFile(wheel_file)


@pytest.fixture(scope="module")
def names(wheel: zipfile.ZipFile) -> set[str]:
    return set(wheel.namelist())


def _meta(wheel: zipfile.ZipFile, name: str) -> str:
    return wheel.read(f"{STEM}.dist-info/{name}").decode("utf-8")


def test_it_holds_every_module_and_asset(names: set[str]) -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file()]
    there = {path.relative_to(ROOT) for path in files if "__pycache__" not in path.parts}
    assert {Path("classifier/pitch/pitch.tflite"), Path("service/report/page/page.js")} < there
    wanted = {f"swara/{path.as_posix()}" for path in there}
    assert {*wanted, "swara/__init__.py", "swara/cli.py", "swara/py.typed"} - names == set()


def test_it_holds_nothing_else(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"swara", f"{STEM}.dist-info"}
    assert [name for name in names if name.endswith((".pyc", ".wav", ".pkl", ".joblib"))] == []


def test_the_metadata_say_what_a_reader_needs(wheel: zipfile.ZipFile) -> None:
    metadata = _meta(wheel, "METADATA")
    assert "License-Expression: Apache-2.0" in metadata
    readme = (ROOT / "README.md").read_text("utf-8").strip()
    assert len(readme) > 500
    assert metadata.strip().endswith(readme)
    assert "Apache License" in _meta(wheel, "licenses/LICENSE")


def test_the_wheel_of_the_sdist_is_the_same(wheel: zipfile.ZipFile, dist: Path) -> None:
    """An sdist holds no links: what they lead to has to come another way."""
    (path,) = (dist / "again").iterdir()
    again = zipfile.ZipFile(path)
    assert {name: again.read(name) for name in again.namelist()} == {
        name: wheel.read(name) for name in wheel.namelist()
    }
