"""A store that moves with its recordings, by the commands of docs/operations.md."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import asdict
from pathlib import Path

import pytest

from swara.data.corpus.corpus import audio_path, read_corpus
from swara.service.feedback.log import Correction, confirm_correction, known_corrections, note_correction

MANUAL = Path(__file__).parents[3] / "docs" / "operations.md"


def script(old: Path, new: Path) -> str:
    """Return the lines of the manual that replace paths, for these two places."""
    section = MANUAL.read_text("utf-8").partition("## Moving a store")[2]
    block = re.search(r"```\n(.*?)```", section, re.DOTALL)
    assert block is not None
    lines = [line for line in block[1].splitlines() if not line.startswith("swara ")]
    return "\n".join(lines).replace("/old/place", str(old)).replace("/new/place", str(new))


@pytest.mark.skipif(shutil.which("sed") is None, reason="no sed here")
@pytest.mark.parametrize("corrections", [0, 1])
def test_the_paths_are_replaced(studio, corrections: int) -> None:
    for n in range(corrections):
        take = read_corpus(studio.store.corpus)[n]
        place = {"path": take.path, "sha256": take.sha256, "tonic_hz": take.tonic_hz}
        heard = {"start_s": 0.05, "end_s": 0.2, "named": "P", "judged": "low", "swara": "S", "verdict": None}
        given = note_correction(studio.store, Correction(id="", at="", **place, **heard), confirmed=False)
        assert asdict(confirm_correction(studio.store, given.id))["confirmed"]
    first = studio.rebuild()
    place, known = str(studio.sounds).encode(), {"corpus.jsonl", "feedback.jsonl", "HELD_OUT"}
    assert {path.rpartition("/")[2] for path, content in studio.tree().items() if place in content} <= known
    # The cache saves what is asked for by the old path; it is the first to be lost.
    shutil.rmtree(studio.store.folder / "cache")
    new = studio.sounds.with_name("elsewhere")
    studio.sounds.rename(new)

    words = ["sh", "-ec", script(studio.sounds, new)]
    done = subprocess.run(words, cwd=studio.store.folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for each in (*read_corpus(studio.store.corpus), *read_corpus(studio.store.held_out)):
        assert audio_path(each).is_file()
    assert [Path(each.path).parent for each in known_corrections(studio.store)] == corrections * [new]
    result = studio.rebuild()
    assert (result.nothing_new, result.version) == (True, first.version)
    studio.rebuild(force=True)
