"""What the documents promise: commands that parse, links that lead somewhere, nothing of one machine."""

from __future__ import annotations

import ast
import contextlib
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer

import swara
from swara import cli
from swara.raga.ragas import raga_named
from swara.raga.tonic_names import parse_tonic
from swara.raga.tuning import tuning_named

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
DOCUMENTS = list(dict.fromkeys(DOCUMENTS))
GENERATED = ROOT / "docs" / "commands.md"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = ("swara", *PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["sources"])
GROUP: Any = typer.main.get_command(cli.app)


COMPLETION = ({"--install-completion"}, {"--show-completion"})
"""Typer obeys these while it parses, and would write into somebody's home."""

USAGE_ERROR: Any = typer.BadParameter.__bases__[0]  # of the click that typer brings or uses
MEANINGS = {
    "tonic": parse_tonic,
    "raga": raga_named,
    "tuning": lambda name: name == "learned" or tuning_named(name),
}

_FENCE = re.compile(r"^ {0,3}(```+|~~~+)[^\n]*\n(.*?)^ {0,3}\1", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)")
_PATH = re.compile(rf"`((?:{'|'.join(PACKAGES)}|benchmarks|deploy|docs|tests)/[\w./-]*)`")
_MODULE = re.compile(r"`(swara(?:\.\w+)+)`")
_ROOM = re.compile(r"^( *)(\w+)/ ", re.MULTILINE)
_END_OF_COMMAND = re.compile(r"\s(?:\||\|\||&&|;|2?>{1,2})\s.*")


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _blocks(text: str) -> Iterator[str]:
    for match in _FENCE.finditer(text):
        yield match[2].replace("\\\n", " ")


def _commands(text: str) -> Iterator[list[str]]:
    """Every command line of ours, without prompt, pipe and comment, as words after the program's name."""
    for line in (line for block in _blocks(text) for line in block.splitlines()):
        command = line.strip().removeprefix("$ ")
        if not command.startswith(("swara ", "python")) and "/bin/swara" not in command:
            continue  # what a command prints may hold a quote: S'
        words = shlex.split(_END_OF_COMMAND.sub("", command), comments=True)
        if words[:1] == ["swara"] or (words and words[0].endswith("/bin/swara")):
            yield words[1:]
        elif words[:1] in (["python"], ["python3"]) and words[1:2] == ["cli.py"]:
            yield words[2:]


def _parse(words: list[str]) -> None:
    """Let the command line parse `words` and check what they mean, without running anything."""
    if set(words) in COMPLETION:
        assert set(words) <= {name for param in GROUP.params for name in param.opts}
        return
    try:
        context = GROUP.make_context("swara", list(words))
        name, command, rest = GROUP.resolve_command(context, list(words))
        while hasattr(command, "resolve_command"):  # a group, such as: swara samples
            inner = command.make_context(name, rest, parent=context)
            if not (rest := inner._protected_args + inner.args):  # one that is a command too: swara history
                return
            name, command, rest = command.resolve_command(inner, rest)
        params = command.make_context(name, rest, parent=context).params
    except typer.Exit:  # --help, --version
        return
    for param, meaning in MEANINGS.items():
        if params.get(param):
            meaning(params[param])


def _is_of_ours(name: str) -> bool:
    """Whether a dotted name is a package or module here, something that one defines, or a public name."""
    *parents, last = name.removeprefix("swara.").split(".")
    folder = ROOT.joinpath(*parents)
    if name == "swara" or (not parents and last in swara.__all__):
        return True
    if (folder / last).is_dir() or (folder / f"{last}.py").is_file():
        return True
    module = folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py")
    if not module.is_file():
        return False
    tree = ast.parse(module.read_text("utf-8"))
    return last in {getattr(node, "name", None) for node in tree.body}


def _rooms(drawn: str) -> set[str]:
    """Return the folders in a tree that is drawn with two spaces a level, as paths."""
    rooms: set[str] = set()
    way: list[str] = []
    for indent, name in _ROOM.findall(drawn):
        way = [*way[: len(indent) // 2], name]
        rooms.add("/".join(way))
    return rooms


def _readable(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError:  # sound
        return ""


@pytest.fixture
def mentions(tracked_files: list[Path]) -> Callable[..., list[str]]:
    """Give file, line and match wherever one of some patterns occurs, but for this file."""

    def find(*patterns: str) -> list[str]:
        wanted = re.compile("|".join(patterns), re.IGNORECASE)
        return [
            f"{_name(path)}:{number}: {match[0]}"
            for path in tracked_files
            if path != Path(__file__)
            for number, line in enumerate(_readable(path).splitlines(), 1)
            if (match := wanted.search(line))
        ]

    return find


def test_the_readme_shows_how_to_analyze_a_take_and_can_be_read_at_a_sitting() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert any(words[:1] == ["analyze"] for words in _commands(text))
    assert len(text.split()) <= 900


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {
        (index.parent / target.partition("#")[0]).resolve()
        for target in _LINK.findall(index.read_text("utf-8"))
    }
    assert [_name(path) for path in DOCUMENTS if path not in linked | {index}] == []


def test_the_commands_are_those_of_the_command_line(tmp_path: Path) -> None:
    pinned = re.search(r"^typer==(.*)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    if pinned is None or version("typer") != pinned[1]:
        pytest.skip("another typer than the pinned one words the page in its own way")
    page = tmp_path / "commands.md"
    (recipe,) = re.findall(
        r"-m (typer .*commands\.md)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE
    )
    words = shlex.split(recipe.replace("docs/commands.md", shlex.quote(str(page))))
    subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, check=True)
    assert page.read_text("utf-8") == GENERATED.read_text("utf-8"), "run: make docs"


def test_the_pictures_are_those_of_the_house(tmp_path: Path) -> None:
    images = ROOT / "docs" / "images"
    subprocess.run([sys.executable, str(images / "draw.py"), str(tmp_path)], check=True)
    drawn = {path.name: path.read_text("utf-8") for path in tmp_path.iterdir()}
    assert drawn == {path.name: path.read_text("utf-8") for path in images.glob("*.svg")}, "run: make docs"
    for title in re.findall(r'class="title">([a-z_]+\.[a-z_.]+)<', drawn["take.svg"]):
        assert _is_of_ours(f"swara.{title}"), title


def test_the_rooms_are_those_of_the_house() -> None:
    drawn = next(_blocks((ROOT / "docs" / "architecture.md").read_text("utf-8")))
    modules = (path for package in PACKAGES for path in (ROOT / package).rglob("__init__.py"))
    assert _rooms(drawn) == {_name(path.parent) for path in modules}


@pytest.mark.parametrize("path", DOCUMENTS, ids=_name)
def test_what_is_named_of_ours_is_there(path: Path) -> None:
    text = path.read_text("utf-8")
    modules = _MODULE.findall(text)
    assert [name for name in _PATH.findall(text) if not (ROOT / name).exists()] == []
    assert [name for name in modules if not _is_of_ours(name)] == []


def test_every_module_that_is_run_is_there(mentions) -> None:
    run = [mention.rpartition(" ")[2].rstrip(".") for mention in mentions(r"-m (?:swara|benchmarks)\b[\w.]*")]
    assert {"benchmarks", "swara.data.synth.pack"} <= set(run)
    assert [name for name in run if not _is_of_ours(name)] == []


@pytest.mark.parametrize("path", [each for each in DOCUMENTS if each != GENERATED], ids=_name)
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


def test_no_package_registry_is_named(mentions) -> None:
    """An installer knows where it looks, and some look at a mirror."""
    # In two halves each, so that this file names none either.
    hosts = (("py", r"pi\.org"), ("python", "hosted"), ("ana", r"conda\.org"), ("np", r"mjs\."))
    hosts = (*hosts, ("crates", r"\.io"))
    assert mentions(*map("".join, hosts)) == []


def test_no_path_of_one_machine(mentions) -> None:
    homes = r"(?<![\w.~$}])/(?:work|root|home|Users)/\w"
    assert mentions(homes, r"(?<![\w.])/tmp/\w", r"[A-Z]:\\Users") == []


def test_analyze_is_spelt_with_z(mentions) -> None:
    typed = {"tests/cli/test_cli_bad_input.py"}  # somebody types it with s
    found = mentions(r"\banalys(?:e|ed|ing|ers?)\b")
    assert [mention for mention in found if mention.partition(":")[0] not in typed] == []


def test_constraints_are_names_and_versions() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").split("\n")
    assert lines.pop() == ""
    assert [line for line in lines if not re.fullmatch(r"[\w.\[\]-]+==[\w.+!-]+", line)] == []


class TestTheseTests:
    """They can fail."""

    @pytest.mark.parametrize(
        ("line", "right"),
        [
            ("swara analyze take.wav --tonik C#3", False),
            ("$ swara analyse take.wav", False),
            ("swara analyze --json out.json", False),
            (".venv/bin/swara analyze take.wav --preset strict", False),
            ("python cli.py analyze take.wav \\\n  --bogus", False),
            ("swara cache prnue", False),
            ("swara samples list --bogus", False),
            ("swara analyze take.wav --tonic C#3 --json - | head -1", True),
            ("swara analyze take.wav --tonic 'C#3' > report.txt  # keep it", True),
            ("swara --version", True),
            ("swara analyze --help", True),
            ("swara doctor", True),
        ],
    )
    def test_a_wrong_command_is_found_and_a_right_one_passes(self, line: str, right: bool) -> None:
        (words,) = _commands(f"Text.\n\n```sh\n{line}\n```\n")
        with contextlib.nullcontext() if right else pytest.raises(USAGE_ERROR):
            _parse(words)

    def test_what_is_no_command_is_left_alone(self) -> None:
        assert list(_commands("swara analyze --bogus\n\n```json\n{}\n```\n")) == []

    def test_names_of_ours_are_found_and_others_are_not(self) -> None:
        text = "`data/nowhere.py` `swara.raga.tuning` `swara.data.nothing.x`"
        assert _PATH.findall(text) == ["data/nowhere.py"]
        assert [_is_of_ours(name) for name in _MODULE.findall(text)] == [True, False]
        assert _is_of_ours("swara.raga.tuning.Tuning")
        assert not _is_of_ours("swara.raga.tuning.Turning")

    def test_rooms_are_found(self) -> None:
        assert _rooms("a/   one\n  b/ two\n    c/ 3\nd/ four") == {"a", "a/b", "a/b/c", "d"}

    def test_links_are_found(self) -> None:
        assert _LINK.findall("[a](b.md#c) ![d](<e.png> 'f')") == ["b.md#c", "e.png"]
