"""What the documents promise: commands that parse, links that lead somewhere, nothing of one machine."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from swara import cli
from swara.raga.ragas import raga_named
from swara.raga.tonic_names import parse_tonic
from swara.raga.tuning import tuning_named

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
DOCUMENTS = list(dict.fromkeys(DOCUMENTS))
GROUP: Any = typer.main.get_command(cli.app)


def _tuning(name: str) -> object:
    return name == "learned" or tuning_named(name)


USAGE_ERROR: Any = typer.BadParameter.__bases__[0]  # of the click that typer brings or uses
MEANINGS = {
    "tonic": parse_tonic,
    "raga": raga_named,
    "tuning": lambda name: name == "learned" or tuning_named(name),
}

_FENCE = re.compile(r"^ {0,3}(```+|~~~+)[^\n]*\n(.*?)^ {0,3}\1", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)")
_END_OF_COMMAND = re.compile(r"\s(?:\||\|\||&&|;|2?>{1,2})\s.*")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _blocks(text: str) -> Iterator[str]:
    for match in _FENCE.finditer(text):
        yield match[2].replace("\\\n", " ")


def _commands(text: str) -> Iterator[list[str]]:
    """Every command line of ours, without prompt, pipe and comment, as words after the program's name."""
    for line in (line for block in _blocks(text) for line in block.splitlines()):
        words = shlex.split(_END_OF_COMMAND.sub("", line.strip().removeprefix("$ ")), comments=True)
        if words[:1] == ["swara"] or (words and words[0].endswith("/bin/swara")):
            yield words[1:]
        elif words[:1] in (["python"], ["python3"]) and words[1:2] == ["cli.py"]:
            yield words[2:]


def _parse(words: list[str]) -> None:
    """Let the command line parse `words` and check what they mean, without running anything."""
    try:
        context = GROUP.make_context("swara", list(words))
        name, command, rest = GROUP.resolve_command(context, list(words))
        while hasattr(command, "resolve_command"):  # a group, such as: swara samples
            name, command, rest = command.resolve_command(context, rest)
        params = command.make_context(name, rest, parent=context).params
    except typer.Exit:  # --help, --version
        return
    for param, meaning in MEANINGS.items():
        if params.get(param):
            meaning(params[param])


def _readable(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:  # sound
        return ""


def _files() -> list[Path]:
    """What is, or is about to be, under version control."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def _mentions(*patterns: str) -> list[str]:
    """Give file, line and match wherever one of `patterns` occurs, but for this file."""
    wanted = re.compile("|".join(patterns), re.IGNORECASE)
    return [
        f"{_name(path)}:{number}: {match[0]}"
        for path in _files()
        if path != Path(__file__)
        for number, line in enumerate(_readable(path).splitlines(), 1)
        if (match := wanted.search(line))
    ]


def test_the_readme_shows_how_to_analyze_a_take() -> None:
    commands = list(_commands((ROOT / "README.md").read_text("utf-8")))
    assert any(words[:1] == ["analyze"] for words in commands)


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_every_command_parses(path: Path) -> None:
    for words in _commands(path.read_text("utf-8")):
        try:
            _parse(words)
        except USAGE_ERROR as error:
            pytest.fail(f"{_name(path)}: swara {shlex.join(words)}: {error.format_message()}")


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_every_link_leads_somewhere(path: Path) -> None:
    targets = [target.partition("#")[0] for target in _LINK.findall(path.read_text("utf-8"))]
    relative = [target for target in targets if target and not re.match(r"[a-z]+:", target)]
    assert [target for target in relative if not (path.parent / target).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_every_make_target_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    text = path.read_text("utf-8")
    for line in (line for block in _blocks(text) for line in block.splitlines()):
        for target in re.findall(r"^(?:\$ )?make ([a-z-]+)", line.strip()):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), line


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_nothing_is_left_to_fill_in(path: Path) -> None:
    assert re.findall(r"@@\w*|\b(?:TODO|TBD|FIXME|XXX)\b", path.read_text("utf-8")) == []


def test_no_package_registry_is_named() -> None:
    """An installer knows where it looks, and some look at a mirror."""
    # In two halves each, so that this file names none either.
    hosts = (
        ("py", r"pi\.org"),
        ("python", "hosted"),
        ("ana", r"conda\.org"),
        ("np", r"mjs\."),
        ("crates", r"\.io"),
    )
    assert _mentions(*map("".join, hosts)) == []


def test_no_path_of_one_machine() -> None:
    homes = r"(?<![\w.~$}])/(?:work|root|home|Users)/\w"
    assert _mentions(homes, r"(?<![\w.])/tmp/\w", r"[A-Z]:\\Users") == []


def test_constraints_are_names_and_versions() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").split("\n")
    assert lines.pop() == ""
    assert [line for line in lines if not re.fullmatch(r"[\w.\[\]-]+==[\w.+!-]+", line)] == []


class TestTheseTests:
    """They can fail."""

    @pytest.mark.parametrize(
        "line",
        [
            "swara analyze take.wav --tonik C#3",
            "$ swara analyse take.wav",
            "swara analyze --json out.json",
            ".venv/bin/swara analyze take.wav --preset strict",
            "python cli.py analyze take.wav \\\n  --bogus",
            "swara cache prnue",
            "swara samples list --bogus",
        ],
    )
    def test_a_wrong_command_is_found(self, line: str) -> None:
        (words,) = _commands(f"Text.\n\n```sh\n{line}\n```\n")
        with pytest.raises(USAGE_ERROR):
            _parse(words)

    @pytest.mark.parametrize(
        "line",
        [
            "swara analyze take.wav --tonic C#3 --json - | head -1",
            "swara analyze take.wav --tonic 'C#3' > report.txt  # keep it",
            "swara --version",
            "swara analyze --help",
            "swara doctor",
        ],
    )
    def test_a_right_one_passes(self, line: str) -> None:
        (words,) = _commands(f"```\n{line}\n```")
        _parse(words)

    def test_what_is_no_command_is_left_alone(self) -> None:
        assert list(_commands("swara analyze --bogus\n\n```json\n{}\n```\n")) == []

    def test_links_are_found(self) -> None:
        assert _LINK.findall("[a](b.md#c) ![d](<e.png> 'f')") == ["b.md#c", "e.png"]
