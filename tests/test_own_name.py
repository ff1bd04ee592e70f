"""On a package index the name of this program is a stranger's: nothing says to install it from there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {"raga", "data", "embedder", "classifier", "index", "service"}
COMMAND = re.compile(r"\b(?:pip3?|pipx|uv|uv pip|uv tool) install\b")
OURS = re.compile(r"swara(?:[-_]coach)?(?:\[[\w,]*\])?(?:[<>=~!].*)?", re.IGNORECASE)
BY_EXTRA = re.compile(r"(?<![\w/.-])swara(?:-coach)?\[[a-z]", re.IGNORECASE)
INSTALL = "install"  # so that the examples below are none themselves


def _words(path: Path) -> str:
    """The text of a file, on one line: a command may be broken over two, or a string be put together."""
    text = path.read_bytes().decode("utf-8", "replace")
    return re.sub(r"\s+", " ", re.sub(r"""["']\s*\n\s*f?["']""", "", text))


def _by_name(text: str) -> bool:
    """Whether a command in the text installs a package of our name; its words end at a full stop or so."""
    for after in COMMAND.split(text)[1:]:
        for word in after.split():
            if OURS.fullmatch(word.strip("'\"`.,;:)")):
                return True
            if word[-1] in "`.,;:)" or word in {"&&", "||", "#", "|", "pip", "pipx"}:
                break
    return False


def test_nothing_is_installed_by_our_name(tracked_files) -> None:
    files = tracked_files
    assert len(files) > 500
    texts = {path.relative_to(ROOT).as_posix(): _words(path) for path in files}
    assert [name for name, text in texts.items() if _by_name(text) or BY_EXTRA.search(text)] == []


def test_one_module_writes_the_commands(tracked_files) -> None:
    """The others ask it: it knows what is required, and where swara came from."""
    product = [
        path for path in tracked_files if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in PACKAGES
    ]
    assert len(product) > 200
    writers = [path.relative_to(ROOT).as_posix() for path in product if f"pip {INSTALL}" in _words(path)]
    assert writers == ["data/installation.py"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("pip {} swara", True),
        ("Run: pip {} --upgrade swara.", True),
        ("pip {} --force-reinstall '{name}[tensorflow]'", True),
        ("`pip {} numpy swara-coach==0.1`", True),
        ("pipx {} swara", True),
        ("uv tool {} swara-coach", True),
        ("pip3 {} -U swara>=1", True),
        ("pip {} .", False),
        ("pip {} -e '.[dev,tensorflow]'", False),
        ("pip {} ./swara", False),
        ("pip {} swara/", False),
        ("pipx {} /opt/swara", False),
        ("pip {} dist/swara_coach-0.1.0-py3-none-any.whl", False),
        ("pip {} 'keras>=3.5' 'tensorflow>=2.18', and swara finds it", False),
        ("pip un{} swara", False),
        ("pip {} av; then run swara doctor", False),
    ],
)
def test_this_would_be_found_and_this_would_not(words: str, found: bool) -> None:
    assert _by_name(words.format(INSTALL, name="swara")) is found
