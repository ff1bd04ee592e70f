"""What a program gets from ``import swara``: names that stay, types that checkers see, words on all of it."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import swara

ROOT = Path(__file__).parents[1]
FUNCTIONS = {"analyze", "embed", "open_store", "pitch"}
CLASSES = {
    *("Clip", "Drift", "EmbedderSpec", "Embeddings", "Glide", "Item", "Neighbour", "Note", "NoteOpinion"),
    *("PhraseSearch", "PitchStream", "PitchTrack", "Recording", "SearchResult", "Silence", "Store"),
    *("SwaraError", "SwaraLabel", "SwaraStats", "TakeReport", "Thresholds", "Tonic", "TonicCandidate"),
}
SNIPPET = """
import numpy as np
import swara

report = swara.analyze("take.wav", tonic="C#3", store=swara.open_store())
reveal_type(report)
reveal_type(report.track.mir_eval())
reveal_type(swara.pitch(np.zeros(16_000, np.int16), rate_hz=16_000))
reveal_type(swara.embed(np.zeros((9, 2)), rate_hz=48_000.0).spec.dim)
reveal_type(swara.open_store().search("take.wav", 2.4).neighbours)
reveal_type(swara.PitchStream().lookahead_s)
reveal_type(swara.__version__)
swara.analyzes("take.wav")
swara.analyze("take.wav", preset="strict")
swara.pitch([0.0])
"""


def _members() -> Iterator[tuple[str, Any]]:
    """Every public function, class, method and property."""
    for name in sorted(FUNCTIONS | CLASSES):
        thing = getattr(swara, name)
        yield name, thing
        for attribute, value in vars(thing).items() if inspect.isclass(thing) else ():
            if not attribute.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                yield f"{name}.{attribute}", value


MEMBERS = dict(_members())


def _parameters(thing: Any) -> list[str]:
    """What has to be explained: a function's parameters, a dataclass's fields, what makes a class."""
    if isinstance(thing, property):
        return []
    if is_dataclass(thing):
        return [field.name for field in fields(thing)]
    try:
        return [name for name in inspect.signature(thing).parameters if name != "self"]
    except ValueError:
        return []


def _explained(doc: str) -> dict[str, str]:
    """Return what the section ``Parameters`` says of each name."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n-+\n|\Z)", doc, re.MULTILINE | re.DOTALL)
    found: dict[str, str] = {}
    for names, words in re.findall(
        r"^(\w[^\n]*)\n((?:(?:[ ]+[^\n]*)?\n?)*)", section[1] if section else "", re.MULTILINE
    ):
        for name in names.partition(" :")[0].split(","):
            found[name.strip()] = words.strip()
    return found


def test_the_names_are_these() -> None:
    assert set(swara.__all__) == FUNCTIONS | CLASSES | {"__version__"}
    assert set(swara.__all__) <= set(dir(swara))
    assert swara.__version__ == version("swara-coach")


def test_the_checkers_are_told_of_the_same_names() -> None:
    tree = ast.parse((ROOT / "swara" / "__init__.py").read_text("utf-8"))
    (branch,) = (node for node in tree.body if isinstance(node, ast.If) and "TYPE" in ast.unparse(node.test))
    imports = [node for node in branch.body if isinstance(node, ast.ImportFrom)]
    assert {alias.asname: node.module for node in imports for alias in node.names} == swara._HOMES


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'swara' has no attribute 'analyzes'"):
        _ = swara.analyzes
    assert not hasattr(swara, "__wrapped__")


@pytest.mark.parametrize("name", MEMBERS)
def test_every_name_is_explained(name: str) -> None:
    thing = MEMBERS[name]
    doc = inspect.getdoc(thing) or ""
    assert re.match(r"[A-Z][^\n]*[.:]\n|[A-Z][^\n]*\.\Z", doc), doc
    if inspect.isclass(thing) and not is_dataclass(thing):
        wanted = [each for each in _parameters(thing.__init__) if each not in {"args", "kwargs"}]
    else:
        wanted = _parameters(thing)
    explained = _explained(doc)
    assert [each for each in wanted if len(explained.get(each, "").split()) < 2] == []


@pytest.mark.parametrize("name", MEMBERS)
def test_every_signature_is_typed(name: str) -> None:
    thing = MEMBERS[name]
    function = thing.fget if isinstance(thing, property) else thing
    if inspect.isclass(thing):
        function = thing.__init__
    signature = inspect.signature(function)
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    assert [each.name for each in parameters if each.annotation is inspect.Parameter.empty] == []
    assert signature.return_annotation is not inspect.Signature.empty


def test_importing_it_loads_nothing() -> None:
    code = (
        "import sys; before = set(sys.modules); import swara; dir(swara); print(*set(sys.modules) - before)"
    )
    loaded = set(_python("-c", code).split())
    assert {name for name in loaded if name.startswith("swara")} == {"swara"}
    third_party = {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names - {"swara"}
    assert third_party == set()


def test_the_pitch_loads_nothing_of_the_samples(demo: Path) -> None:
    code = f"import sys, swara; swara.pitch({str(demo)!r}); print(*sys.modules)"
    tops = {name.partition(".")[0] for name in _python("-c", code).split()}
    assert "ai_edge_litert" in tops
    heavy = {"tensorflow", "sklearn", "scipy", "librosa", "faiss", "matplotlib", "pandas", "typer", "rich"}
    assert tops.isdisjoint(heavy)


def test_mypy_sees_the_types(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(SNIPPET)
    words = ["--config-file=", "--strict", "--ignore-missing-imports", f"--cache-dir={tmp_path / 'cache'}"]
    command = [sys.executable, "-m", "mypy", *words, str(tmp_path / "program.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, text=True)
    report, arrays, track, *others = re.findall(r'Revealed type is "([^"]*)"', done.stdout)
    assert (report, track) == ("swara.service.take.report.TakeReport", "swara.data.pitch_track.PitchTrack")
    assert arrays.startswith("tuple[numpy.ndarray")
    assert others == ["int", "tuple[swara.index.Neighbour, ...]", "float", "str"]
    errors = re.findall(r":(\d+): error: (.*)", done.stdout)
    assert [int(line) for line, _ in errors] == [13, 14, 15], done.stdout
    assert 'no attribute "analyzes"' in errors[0][1]


def _python(*words: str) -> str:
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


FRAGMENTS = {
    *("a", "all", "an", "and", "as", "at", "by", "each", "for", "from", "how", "in", "its", "no", "of", "on"),
    *("one", "that", "the", "their", "this", "to", "what", "when", "where", "whether", "which", "who"),
    "with",
}
"""Words that begin a fragment, never a sentence that says what a function does."""

PACKAGES = ("raga", "data", "embedder", "classifier", "index", "service")
MODULES = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
MODULES = sorted([*MODULES, *(ROOT / "swara").glob("*.py")])


def _documented(tree: ast.AST) -> Iterator[tuple[str, str, bool]]:
    """Name, docstring and whether it is a function, of all that is public in a module."""
    for node in getattr(tree, "body", []):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        if text := ast.get_docstring(node):
            decorators = " ".join(map(ast.unparse, node.decorator_list))
            yield node.name, text, isinstance(node, ast.FunctionDef) and "property" not in decorators
        if isinstance(node, ast.ClassDef):
            yield from _documented(node)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docstrings_of_all_say_what_is_done_and_what_is_given(path: Path) -> None:
    for name, text, is_function in _documented(ast.parse(path.read_text("utf-8"))):
        assert not is_function or text.split()[0].lower() not in FRAGMENTS, name
        assert [(name, bare) for bare, words in _explained(text).items() if not words] == []


def test_what_is_said_is_found() -> None:
    doc = "Do.\n\nParameters\n----------\na, b : int\n    Both of\n    them.\nc : float array, shape [n]\n"
    more = "\nReturns\n-------\nint\n    d : Words.\n"
    assert _explained(doc + more) == {"a": "Both of\n    them.", "b": "Both of\n    them.", "c": ""}
    assert _explained("Do.\n\nRaises\n------\nValueError\n    Always.\n") == {}
