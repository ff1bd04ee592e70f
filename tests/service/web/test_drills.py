"""Drills over the page's server: what there is, what comes next, and an attempt that is judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from swara.data.audio.decode import load_clip

if TYPE_CHECKING:
    from conftest import Page

SETTINGS = {"tonic": "C#3", "raga": "bhupali"}


def _ask(page: Page, path: str, said: Any = None) -> Any:
    if said is None:
        return page.ask(path).json
    return page.ask(path, "POST", body=json.dumps(said).encode(), headers={"origin": page.origin})


def test_every_drill_gives_a_task_of_the_raga(page: Page) -> None:
    kinds = [each["kind"] for each in _ask(page, "/api/drills")["drills"]]
    assert {"swaras", "phrases"} < set(kinds)
    for kind in kinds:
        task = _ask(page, "/api/drills/next", {"kind": kind, "settings": SETTINGS, "done": []}).json
        assert {step["swara"] for step in task["steps"]} <= {"Sa", "Re", "Ga", "Pa", "Dha"}


def test_a_written_phrase_is_a_task_too(page: Page) -> None:
    task = _ask(page, "/api/drills/next", {"notation": "G R S", "settings": SETTINGS}).json
    assert [step["letter"] for step in task["steps"]] == ["G", "R", "S"]
    refused = _ask(page, "/api/drills/next", {"notation": "G X", "settings": SETTINGS})
    assert (refused.status, refused.json["error"][:35]) == (422, 'column 3: "X" is not a swara. Write')


@pytest.mark.parametrize(
    "said",
    [{}, {"notation": 3}, {"kind": "none"}, {"kind": "swaras", "done": 3}, {"kind": "swaras", "settings": 1}],
)
def test_what_is_no_drill_is_refused_in_one_line(page: Page, said: Any) -> None:
    answer = _ask(page, "/api/drills/next", {"settings": SETTINGS, **said})
    assert answer.status == 422
    assert "\n" not in answer.json["error"]


def test_an_attempt_is_judged_swara_by_swara(page: Page, demo: Path) -> None:
    steps = [{"letter": letter, "seconds": 0.6} for letter in "SRG"]
    with page.socket() as live:
        live.send(json.dumps(page.HELLO))
        page.until(live, "ready")
        live.send('{"type": "drill", "plan": 3}')
        assert page.until(live, "error")[-1]["message"]
        live.send(json.dumps({"type": "drill", "plan": {"kind": "sargam", "steps": steps}}))
        page.sing(live, load_clip(demo).samples[:32000], pace=4.0)
        page.sing(live, 0 * load_clip(demo).samples[:40000], pace=4.0)
        result = page.until(live, "drill")[-1]
        assert [each["verdict"] for each in result["results"]][:3] == ["perfect", "perfect", "low"]
