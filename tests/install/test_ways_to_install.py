"""Each way to install swara, and to run it without: among hostile modules, under a difficult path."""

from __future__ import annotations

import json
import shlex
import subprocess
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.xdist_group("install")

ROOT = Path(__file__).parents[2]
PACKAGES = ("raga", "data", "embedder", "classifier", "index", "service")
Run = Callable[..., subprocess.CompletedProcess[str]]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
TAKE = ROOT / "data" / "demo" / "take.flac"
PROBE = """
import importlib, json, multiprocessing

def file_of(name):
    return importlib.import_module(name).__file__

def seen():
    from swara.data import installation
    return {
        "version": installation.installed_version(),
        "base": installation.requirements(),
        "missing": installation.install_command("av"),
        "extra": installation.install_command(extra="tensorflow"),
        "repair": installation.repair_advice(),
        "newer": installation.newer_advice(),
    }

if __name__ == "__main__":
    names = ["swara", "swara.cli", %s]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        spawned = dict(zip(names, pool.map(file_of, names)))
    print(json.dumps(seen() | {"files": {name: file_of(name) for name in names}, "spawned": spawned}))
"""


@dataclass(frozen=True)
class Way:
    """One way to have swara: it runs from `folder`; its advice must name what it came from, if pip knows."""

    environment: Any
    command: list[str]
    folder: Path
    came_from: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module", params=["wheel", "editable", "checkout", "checkout without links"])
def way(
    request: pytest.FixtureRequest,
    new_environment: Callable[..., Any],
    copied_checkout: Callable[[str], Path],
    wheel_file: Path,
) -> Way:
    environment = new_environment(f"environment of {request.param}")
    if request.param == "wheel":
        environment.install(wheel_file)
        return Way(environment, [str(environment.command)], environment.site_packages / "swara", wheel_file)
    checkout = copied_checkout(request.param)
    if request.param == "editable":
        environment.install("-e", checkout)
        return Way(environment, [str(environment.command)], checkout, checkout)
    if request.param == "checkout without links":
        for name in PACKAGES:
            (checkout / "swara" / name).unlink()
            (checkout / "swara" / name).write_text(f"../{name}", "utf-8")
    start = [str(environment.python), "-m", "swara.cli"]
    return Way(environment, start, checkout, variables={"PYTHONPATH": str(checkout)})


@pytest.fixture(scope="module")
def seen(way: Way, hostile_folder: Path, run: Run) -> dict[str, Any]:
    """What a program in a hostile folder sees of swara."""
    names = ", ".join(f"'swara.{name}'" for name in PACKAGES)
    (hostile_folder / "probe.py").write_text(PROBE % names, "utf-8")
    done = run(way.environment.python, "probe.py", cwd=hostile_folder, **way.variables)
    return dict(json.loads(done.stdout))


def test_every_module_is_ours(seen: dict[str, Any], way: Way) -> None:
    assert seen["spawned"] == seen["files"]
    for name, file in seen["files"].items():
        assert Path(file).is_relative_to(way.folder), name


def test_the_version_is_that_of_what_runs(
    seen: dict[str, Any], way: Way, hostile_folder: Path, run: Run
) -> None:
    shown = run(*way.command, "--version", cwd=hostile_folder, **way.variables).stdout.strip()
    if way.came_from is None:
        assert (seen["version"], shown) == (None, "swara, run from a source folder and not installed")
        assert run(way.environment.python, "cli.py", "--version", cwd=way.folder).stdout.strip() == shown
    else:
        assert (seen["version"], shown) == (PROJECT["version"], f"swara {PROJECT['version']}")


def test_what_is_missing_is_named_by_its_own_requirement(seen: dict[str, Any]) -> None:
    assert sorted(seen["base"]) == sorted(PROJECT["dependencies"])
    (av,) = (each for each in PROJECT["dependencies"] if each.startswith("av"))
    assert shlex.split(seen["missing"]) == ["pip", "install", av]
    extra = PROJECT["optional-dependencies"]["tensorflow"]
    assert sorted(shlex.split(seen["extra"])) == sorted(["pip", "install", *extra])


def test_a_repair_names_where_it_came_from(seen: dict[str, Any], way: Way) -> None:
    if way.folder == way.came_from or way.came_from is None:
        assert str(way.folder) in seen["repair"]
        assert "pip" not in seen["repair"]  # which would not bring a file of the sources back
        assert str(way.folder) in seen["newer"]
    else:
        command = seen["repair"].removeprefix("Run: ")
        assert shlex.split(command)[:2] == ["pip", "install"]
        assert shlex.split(command)[-1] == str(way.came_from)
        assert seen["newer"].endswith(f"{PROJECT['version']}, from {way.came_from}")


def test_it_analyzes_and_writes_nothing_where_it_runs_from(way: Way, hostile_folder: Path, run: Run) -> None:
    def snapshot() -> list[tuple[str, int]]:
        return sorted((str(each), each.lstat().st_mtime_ns) for each in way.folder.rglob("*"))

    before, folders = snapshot(), [each for each in way.folder.rglob("*") if each.is_dir()]
    for each in folders:
        each.chmod(0o555)  # for all but root
    try:
        words = ["analyze", TAKE, "--tonic", "C#3", "--no-samples", "--json", "-"]
        variables = {**way.variables, "PYTHONDONTWRITEBYTECODE": "1"}
        done = run(*way.command, *words, cwd=hostile_folder, **variables)
    finally:
        for each in folders:
            each.chmod(0o755)
    assert snapshot() == before
    assert done.stderr == ""
    assert [note["swara"] for note in json.loads(done.stdout)["notes"]][:3] == ["Sa", "Re", "Ga"]


def test_git_writes_links_as_such_files(tmp_path: Path) -> None:
    """Otherwise the checkout without links above would be none that anybody has."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    links = [f"swara/{name}" for name in PACKAGES]
    command = ["git", "-c", "core.symlinks=false", "checkout-index", f"--prefix={tmp_path}/", *links]
    subprocess.run(command, cwd=ROOT, check=True)
    written = {link: (tmp_path / link).read_text("utf-8") for link in links}
    assert not any((tmp_path / link).is_symlink() for link in links)
    assert written == {f"swara/{name}": f"../{name}" for name in PACKAGES}
