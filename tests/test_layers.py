"""The house stands as it is drawn: who may import whom is import-linter's; this is the rest."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = list(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["sources"])
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
IMPORT_NAMES = {"faiss-cpu": "faiss", "ai-edge-litert": "ai_edge_litert", "scikit-learn": "sklearn"}


def _imported(path: Path) -> Iterator[str]:
    """Every absolute import in a module, in functions too."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""


def _libraries() -> set[str]:
    """What a module must not be called: the standard library, and what we depend on or import."""
    extras = PROJECT["project"]["optional-dependencies"].values()
    required = [*PROJECT["project"]["dependencies"], *(name for extra in extras for name in extra)]
    declared = {name.split(">")[0].split("[")[0] for name in required}
    imported = {name.partition(".")[0] for path in MODULES for name in _imported(path)}
    ours = {"swara"}
    return {IMPORT_NAMES.get(name, name) for name in declared} | imported - ours | sys.stdlib_module_names


def test_the_modules_are_found_and_their_folders_are_packages() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in MODULES} == set(PACKAGES)
    assert len(MODULES) > 50
    assert [str(path.parent) for path in MODULES if not (path.parent / "__init__.py").is_file()] == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_imports_the_command_line_the_tests_or_a_flat_name(path: Path) -> None:
    """A package `data` of somebody else's would answer."""
    imported = set(_imported(path))
    tops = {name.partition(".")[0] for name in imported}
    assert tops.isdisjoint({"tests", "benchmarks", "conftest", *PACKAGES, "cli"})
    assert not any(name == "swara.cli" or name.startswith("swara.cli.") for name in imported)


def test_no_module_is_called_like_a_library_or_is_a_cupboard_for_odds_and_ends() -> None:
    hazards = _libraries()
    assert {"io", "types", "logging", "statistics", "librosa", "numpy", "typer"} <= hazards
    hazards |= {"utils", "util", "helpers", "common", "misc"}
    named = {path: path.parent.name if path.stem == "__init__" else path.stem for path in MODULES}
    assert [str(path) for path, name in named.items() if name in hazards] == []


def test_tests_are_no_package() -> None:
    """Otherwise a folder ``tests/data`` would stand in front of the package ``data``."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []
    assert "--import-mode=importlib" in PROJECT["tool"]["pytest"]["ini_options"]["addopts"]


def test_the_layers_are_those_of_the_wheel() -> None:
    contract = PROJECT["tool"]["importlinter"]["contracts"][0]
    layers = {name for layer in contract["layers"] for name in layer.split(" | ")}
    assert layers == set(PACKAGES)
    assert contract["containers"] == ["swara"]


@pytest.mark.parametrize("package", PACKAGES)
def test_each_folder_is_linked_under_the_import_name(package: str) -> None:
    """The links are for the checkers, which know nothing of a package's ``__path__``."""
    link = ROOT / "swara" / package
    assert link.is_symlink()
    assert link.resolve() == ROOT / package
