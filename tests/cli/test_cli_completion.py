"""Shell completion: what is offered at a Tab, in a process of its own as a shell asks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from swara.embedder.hub.pull.catalogue import CATALOGUE
from swara.embedder.registry import EmbedderName
from swara.raga.ragas import RAGAS, raga_named
from swara.raga.tuning import EQUAL, JUST

ROOT = Path(__file__).parents[2]
SWARA = "import sys; sys.argv[0] = 'swara'; from swara import cli; cli.main()"


def _offered(*words: str, **environment: str) -> list[str]:
    """Return what is offered for the last of `words`, as typed so far."""
    asked = {"COMP_WORDS": "\n".join(("swara", *words)), "COMP_CWORD": str(len(words))}
    around = {**os.environ, **asked, "_SWARA_COMPLETE": "complete_bash", **environment}
    command = [sys.executable, "-c", SWARA]
    done = subprocess.run(command, cwd=ROOT, env=around, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("an",), ["analyze"]),
        (("samples", "l"), ["list", "label"]),
        (("analyze", "take.wav", "--pit"), ["--pitch-csv"]),
        (("analyze", "take.wav", "--preset", ""), ["learner", "student", "performer"]),
        (("search", "take.wav", "--raga", "ya"), ["yaman", "yaman-kalyan"]),
        (("samples", "add", "notes", "--raga", "Bh"), ["Bhairav", "Bhairavi", "Bhimpalasi", "Bhupali"]),
        (("samples", "label", "0a1b", "--raga", "tod"), ["todi"]),
        (("analyze", "take.wav", "--raga", "xyz"), []),
        # Nothing, so that the shell offers the files that there are.
        (("analyze", "ta"), []),
        (("analyze", "take.wav", "--json", ""), []),
    ],
)
def test_the_rest_of_a_word_is_offered(words: tuple[str, ...], offered: list[str]) -> None:
    assert _offered(*words) == offered


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("analyze", "t.wav", "--tuning", ""), {JUST.name, EQUAL.name, "learned"}),
        (("models", "pull", ""), {model.name for model in CATALOGUE}),
    ],
)
def test_every_tuning_and_every_model_that_can_be_pulled_is_offered(words, wanted) -> None:
    assert set(_offered(*words)) == wanted


def test_every_raga_is_offered_by_a_name_that_is_understood() -> None:
    assert {raga_named(name) for name in _offered("analyze", "t.wav", "--raga", "")} == {*RAGAS.values()}


def test_every_embedder_is_offered_the_fine_tuned_too(tmp_path: Path) -> None:
    (tmp_path / "finetuned-0123abcd").mkdir()
    (tmp_path / "finetuned-unfinished").mkdir()
    everywhere = set(get_args(EmbedderName))
    for words in (("rebuild", "--embedder", ""), ("models", "remove", ""), ("models", "verify", "")):
        assert set(_offered(*words, SWARA_MODELS=str(tmp_path))) == {*everywhere, "finetuned-0123abcd"}


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_takes_the_script_and_completes_with_it(tmp_path: Path) -> None:
    command = tmp_path / "swara"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{SWARA}" "$@"\n')
    command.chmod(0o755)
    script = """
        eval "$(swara --show-completion)"
        complete -p swara
        COMP_WORDS=(swara analyze 'a\\ take.wav' --raga ya); COMP_CWORD=4
        _swara_completion swara
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    around = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    words = ["bash", "--norc", "-c", script]
    done = subprocess.run(words, cwd=ROOT, env=around, capture_output=True, text=True, check=True)
    takes_it = "complete -o default -F _swara_completion swara"
    assert done.stdout.split("\n") == [takes_it, "yaman", "yaman-kalyan", ""]
