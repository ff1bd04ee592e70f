"""What the commands that look after a store print for programs, as docs/json.md says it."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import append_recordings
from swara.data.storage.disk import sha256_of
from swara.service.feedback.log import Correction, note_correction
from swara.service.store import Layout

PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text("utf-8")
DOCUMENTED = {
    name: set(re.findall(r"`(\w+)`", fields))
    for name, fields in re.findall(r"^\| `swara\.([\w-]+)/1` \| [^|]+ \| (.+) \|$", PAGE, re.MULTILINE)
}
"""Which fields the page names, by schema."""

SOMEBODY = Recording(
    "/rec/a.wav", "ab" * 32, "Asha Rao", 220.0, "bhupali", (SwaraLabel(0.1, 0.9, "S"),), "own", False
)


@pytest.fixture
def told(swara, store):
    """Run a command with ``--json`` on a store, and return the object that it prints."""
    append_recordings(store / "corpus.jsonl", [SOMEBODY])

    def told(*words: object):
        done = swara(*words, "--json")
        assert (done.code, done.err) == (0, ""), done
        return json.loads(done.out)

    return told


@pytest.mark.parametrize(
    "words",
    [
        ("doctor",),
        ("cache", "info"),
        ("samples", "list"),
        ("samples", "show", "abab"),
        ("versions", "list"),
        ("versions", "show"),
        ("versions", "diff", "live", "live"),
        ("feedback", "list"),
        ("models", "list"),
        ("models", "verify"),
    ],
    ids=" ".join,
)
def test_each_prints_one_object_whose_fields_are_documented(told, words) -> None:
    _check(told(*words))


def test_those_that_change_something_print_one_too(swara, store, demo: Path, tmp_path: Path) -> None:
    takes, index, gone = tmp_path / "takes", tmp_path / "corpus.csv", tmp_path / "gone"
    (takes / "cello").mkdir(parents=True)
    take = Path(shutil.copy(demo, takes / "cello" / "S.flac"))
    known = replace(SOMEBODY, path=str(gone / "S.flac"), sha256=sha256_of(take))
    append_recordings(store / "corpus.jsonl", [known])
    said = Correction("", "", str(take), known.sha256, 0.1, 0.9, 220.0, "S", "low", "R", None)
    said = note_correction(Layout(store), said, confirmed=False)
    live = (store / "CURRENT").read_text().strip()
    for words, part in (
        (("samples", "move", gone, takes), {"missing": []}),
        (("samples", "move", takes, takes), {"ok": True}),
        (("samples", "label", known.id, "--singer", "Asha Rao"), {"as_before": [known.id]}),
        (("samples", "label", known.id, "--singer", "Asha"), {"as_before": [], "refused": []}),
        (
            ("samples", "add", takes, "--singer", "Asha", "--tonic", "A3", "--licence", "own"),
            {"added": [], "failures": []},
        ),
        (("samples", "export", tmp_path / "new"), {"recordings": 1, "size": take.stat().st_size}),
        (("samples", "remove", known.id), {"id": known.id, "singer": "Asha"}),
        (("feedback", "confirm", said.id), {"corrections": [asdict(replace(said, confirmed=True))]}),
        (("feedback", "withdraw", said.id), {}),
        (("versions", "promote", "live"), {"id": live, "live": True}),
        (("versions", "prune"), {"removed": []}),
        (("cache", "prune", "--all"), {"ok": True, "left": {"entries": 0, "size": 0}}),
        (("corpus", "add", "folders", takes, "--licence", "CC0", "-o", index), {"added": 1, "fetched": None}),
        (("corpus", "show", index), {"recordings": 1}),
        (("corpus", "check", index), {"ok": True, "findings": []}),
    ):
        done = swara(*words, "--json")
        assert (done.code, done.err) == (0, ""), done
        content = json.loads(done.out)
        _check(content)
        assert {name: content[name] for name in part} == part


def _check(content: dict[str, object]) -> None:
    name = re.fullmatch(r"swara\.([\w-]+)/1", content.pop("schema"))[1]
    assert content.keys() == DOCUMENTED[name]


def test_every_command_of_an_engineer_has_json(swara) -> None:
    """All but those that print a path, or whose page or terminal is their purpose."""
    page = (Path(__file__).parents[2] / "docs" / "commands.md").read_text("utf-8")
    parts = re.split(r"^#{2,4} `swara (.+)`$", page, flags=re.MULTILINE)[1:]
    commands = dict(zip(parts[::2], parts[1::2], strict=True))
    groups = {name for name in commands if any(other.startswith(f"{name} ") for other in commands)}
    lacking = {name for name, text in commands.items() if "* `--json" not in text} - groups
    assert lacking == {
        *("pitch", "spectrogram", "notate", "live", "serve", "samples path"),
        *(f"history {name}" for name in ("delete", "off", "on", "sound")),
    }


def test_samples_are_chosen_by_singer_and_by_whose_they_are(told, swara) -> None:
    everything, mine = told("samples", "list"), told("samples", "list", "--mine")
    assert (everything["count"], len(everything["samples"])) == (185, 185)
    assert [each["id"] for each in mine["samples"]] == [SOMEBODY.id]
    (only,) = told("samples", "list", "--singer", "asha rao")["samples"]
    assert (only["singer"], only["mine"], only["notes"], only["tonic_hz"]) == ("Asha Rao", True, 1, 220.0)
    bundled = next(each["singer"] for each in everything["samples"] if not each["mine"])
    assert told("samples", "list", "--singer", bundled, "--mine")["samples"] == []
    nobody = swara("samples", "list", "--singer", "Asha Roa", "--json")
    assert (nobody.code, nobody.out, nobody.err.count("\n")) == (1, "", 1)
    assert "The nearest are Asha Rao" in nobody.err
    assert "1 sample, 1 note" in swara("samples", "list", "--mine").out


def test_versions_say_which_is_live_and_what_each_scored(told, store) -> None:
    listed = told("versions", "list")
    live = (store / "CURRENT").read_text().strip()
    assert (listed["live"], listed["troubles"]) == (live, [])
    (version,) = listed["versions"]
    assert (version["id"], version["state"], version["recordings"]) == (live, "live", 184)
    assert version["scores"]["labels in place"]["share"] == 1.0
    same = told("versions", "diff", "live", "live")
    assert (same["added"], same["scores"]["labels in place"]["change"]) == ([], 0.0)
    shown = told("versions", "show")
    assert shown["metrics"]["learned_from"]["recordings"] == 184


def test_what_is_wrong_is_in_the_object_too(swara, store) -> None:
    version = (store / "CURRENT").read_text().strip()
    (store / "versions" / version / "report.json").write_text("{}")
    listed = json.loads(swara("versions", "list", "--json").out)
    assert "report.json" in listed["versions"][0]["trouble"]
    broken = swara("doctor", "--json")
    content = json.loads(broken.out)
    assert (broken.code, content["ready"]) == (1, False)
    (check,) = (each for each in content["checks"] if each["name"] == "versions")
    assert (check["state"], bool(check["fix"])) == ("broken", True)
