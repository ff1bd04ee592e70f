"""What the docstrings of the product promise: a verb first, and of each parameter more than its type."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("swara", "raga", "data", "embedder", "classifier", "index", "service")
MODULES = sorted(
    path
    for package in PACKAGES
    for path in ((ROOT / package).glob("*.py") if package == "swara" else (ROOT / package).rglob("*.py"))
)

FRAGMENTS = {
    *("a", "all", "an", "and", "as", "at", "by", "each", "for", "from", "how", "in", "its", "no", "of", "on"),
    *("one", "that", "the", "their", "this", "to", "what", "when", "where", "whether", "which", "who"),
    "with",
}
"""Words that begin a fragment, never a sentence that says what a function does."""

_SECTION = re.compile(r"^Parameters\n-+\n(.*?)(?=\n\n[A-Z]\w+\n-+\n|\Z)", re.MULTILINE | re.DOTALL)
_ENTRY = re.compile(r"^(?! )\S.*$", re.MULTILINE)


class Documented(NamedTuple):
    where: str
    text: str
    is_function: bool


def _documented(tree: ast.AST, where: str) -> Iterator[Documented]:
    for node in getattr(tree, "body", []):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        text = ast.get_docstring(node)
        decorators = " ".join(map(ast.unparse, node.decorator_list))
        if text:
            function = isinstance(node, ast.FunctionDef) and "property" not in decorators
            yield Documented(f"{where}:{node.lineno} {node.name}", text, function)
        if isinstance(node, ast.ClassDef):
            yield from _documented(node, where)


def bare_parameters(text: str) -> list[str]:
    """Give the parameters of a docstring that nothing is said of beside their type."""
    found = _SECTION.search(text)
    if found is None:
        return []
    lines = found[1].split("\n")
    return [
        line
        for line, after in zip(lines, [*lines[1:], ""], strict=True)
        if _ENTRY.match(line) and not after.startswith(" ")
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docstrings_say_what_is_done_and_what_is_given(path: Path) -> None:
    named = path.relative_to(ROOT).as_posix()
    documented = list(_documented(ast.parse(path.read_text("utf-8")), named))
    fragments = [
        each.where for each in documented if each.is_function and each.text.split()[0].lower() in FRAGMENTS
    ]
    assert fragments == []
    assert [f"{each.where}: {line}" for each in documented for line in bare_parameters(each.text)] == []


def test_a_bare_parameter_is_found() -> None:
    text = (
        "Return it.\n\nParameters\n----------\none : int\ntwo : int\n    The second.\n\nReturns\n-------\nint"
    )
    assert bare_parameters(text) == ["one : int"]
