"""The examples for programs run: the blocks of docs/python.md, and the notebooks, with the demo take."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
from pathlib import Path

import pytest

import swara

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "python.md"
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
_EXAMPLE = re.compile(r"^```python\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


def _examples(text: str) -> list[tuple[str, str]]:
    """Return each block of Python, and what it is said to print."""
    return _EXAMPLE.findall(text)


EXAMPLES = _examples(PAGE.read_text("utf-8"))


@pytest.fixture
def beside_a_take(demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder that holds the take, and the store that is usual there."""
    folder = tmp_path / "work"
    folder.mkdir()
    shutil.copy(demo, folder / "take.flac")
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.usefixtures("beside_a_take")
@pytest.mark.parametrize(("program", "printed"), EXAMPLES, ids=range(len(EXAMPLES)))
def test_an_example_prints_what_the_page_says(program: str, printed: str) -> None:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(program, str(PAGE), "exec"), {"__name__": "__main__"})
    assert out.getvalue().splitlines() == printed.splitlines()


def test_every_example_is_run_and_every_function_is_shown() -> None:
    text = PAGE.read_text("utf-8")
    assert len(EXAMPLES) == text.count("```python\n")
    assert text.count("```text\n") == sum(bool(printed) for _, printed in EXAMPLES)
    programs = "".join(program for program, _ in EXAMPLES)
    for name in ("analyze", "pitch", "embed", "open_store", "PitchStream", "SwaraError"):
        assert f"swara.{name}" in programs


def test_every_name_on_the_page_is_there() -> None:
    named = set(re.findall(r"\bswara\.(\w+)", PAGE.read_text("utf-8")))
    assert named <= set(swara.__all__)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
class TestNotebooks:
    @pytest.mark.skipif(os.name != "posix", reason="event loops differ")
    def test_it_runs(self, path: Path, beside_a_take: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        nbformat, nbclient = pytest.importorskip("nbformat"), pytest.importorskip("nbclient")
        pytest.importorskip("ipykernel")
        places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
        for name in ("IPYTHONDIR", "MPLCONFIGDIR", *places):
            monkeypatch.setenv(name, str(beside_a_take.parent / name))
        monkeypatch.setenv("PYTHONPATH", str(ROOT), prepend=os.pathsep)
        book = nbformat.read(path, as_version=4)
        nbclient.NotebookClient(book, timeout=120, kernel_name="python3").execute()
        outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
        kinds = {kind for output in outputs for kind in output.get("data", {})}
        assert {"text/html", "image/png"} <= kinds  # a table, a picture
        assert not [output for output in outputs if output.output_type == "error"]
        assert not [output for output in outputs if output.get("name") == "stderr"]

    def test_it_is_kept_without_outputs_and_names_no_machine(self, path: Path) -> None:
        nbformat = pytest.importorskip("nbformat")
        book = nbformat.read(path, as_version=4)
        nbformat.validate(book)
        for cell in book.cells:
            assert not cell.get("outputs")
            assert cell.get("execution_count") is None
            assert not cell.metadata
        assert set(book.metadata) <= {"kernelspec", "language_info"}
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        assert book.metadata.kernelspec == kernel


def test_examples_and_notebooks_are_found() -> None:
    page = "```python\na\n```\n\n```text\n1\n```\n\n```python\nb\n```\n\nWords.\n\n```text\n2\n```\n"
    assert _examples(page) == [("a\n", "1\n"), ("b\n", "")]
    assert NOTEBOOKS
