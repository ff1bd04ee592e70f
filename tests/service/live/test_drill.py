"""Drills: what is asked next, and how what was sung for it is judged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from swara.classifier.notes import PRESETS
from swara.data.synth.demo import demo_take
from swara.raga.errors import BadNotation, SwaraError
from swara.raga.ragas import BASIC_RAGAS, RAGAS, Raga, raga_named
from swara.raga.swaras import parse_swara, saptak_name
from swara.raga.tonic_names import parse_tonic
from swara.raga.tuning import JUST
from swara.service.live import (
    DrillResult,
    DrillTask,
    LiveNote,
    LiveSession,
    LiveSettings,
    SwaraRecord,
    drill_plans,
    next_task,
    parse_task,
    task_message,
    to_message,
    written_task,
)
from swara.service.live.drill_attempt import NOTHING_S, DrillAttempt, judge_attempt

KINDS = [plan.kind for plan in drill_plans()]
BHUPALI = RAGAS["bhupali"]


def asked(letters: str, raga: Raga = BHUPALI, *, octave_free: bool = True) -> DrillTask:
    steps = [{"letter": letter, "seconds": 0.8} for letter in letters.split()]
    return parse_task({"kind": "phrases", "steps": steps, "octave_free": octave_free}, raga, JUST)


def note(number: int, sung: str, *, start_s: float | None = None, final: bool = True) -> LiveNote:
    """Make a note of ``G``, ``G-30``, ``G?`` (unsure) or ``G:0.2`` (seconds)."""
    rest, _, length = sung.partition(":")
    letter, sign, off = rest.rstrip("?").partition("-") if "-" in rest else rest.rstrip("?").partition("+")
    cents = float(sign + off) if off else 0.0
    svarasthana, octave = parse_swara(letter)
    at_s, long_s = float(number) if start_s is None else start_s, float(length or 0.8)
    unsure = rest.endswith("?")
    verdict = "unsure" if unsure else PRESETS["student"].verdict(cents)
    return LiveNote(
        number,
        at_s,
        at_s + long_s,
        long_s,
        svarasthana.name,
        saptak_name(octave),
        letter,
        None if unsure else cents,
        verdict,
        foreign=False,
        final=final,
    )


def judged(task: DrillTask, sung: str) -> DrillResult:
    held = [note(number, each) for number, each in enumerate(sung.split())]
    return judge_attempt(task, held, JUST, start_s=0.0, end_s=9.0)


@pytest.mark.parametrize(
    "raga",
    [*BASIC_RAGAS.values(), RAGAS["tilak kamod"], RAGAS["jog"], raga_named("S R G")],
    ids=lambda raga: raga.name,
)
@pytest.mark.parametrize("kind", KINDS)
def test_every_plan_fits_every_raga_and_survives_the_way_to_the_client_and_back(
    kind: str, raga: Raga
) -> None:
    tasks = [next_task(kind, raga, JUST, rng=np.random.default_rng(seed)) for seed in range(5)]
    assert tasks == [next_task(kind, raga, JUST, rng=np.random.default_rng(seed)) for seed in range(5)]
    for task in tasks:
        sent = json.loads(json.dumps(task_message(task)))
        assert parse_task(sent, raga, JUST) == task
        assert 1 <= len(task.steps) <= max(11, len(raga.avaroha))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("sargam", {"S R G P D S'", "S' D P G R S"}),
        (
            "threes",
            {"S R G, R G P, G P D", "R G P, G P D, P D S'", "S' D P, D P G, P G R", "D P G, P G R, G R S"},
        ),
        ("doubles", {"S S, R R, G G, P P", "S' S', D D, P P, G G"}),
        ("phrases", {"S .D R S", "G R G", "P G D"}),
        ("swaras", {"Sa", "Re", "Ga", "Pa", "Dha", "taar Sa"}),
    ],
)
def test_a_plan_moves_along_the_ascent_and_descent_of_the_raga(kind: str, names: set[str]) -> None:
    found = {next_task(kind, BHUPALI, JUST, rng=np.random.default_rng(seed)).name for seed in range(150)}
    assert names <= found


@pytest.mark.parametrize(
    ("text", "letters", "seconds"),
    [
        ("S R - ^GP, .D~S", "S R P .D S", [0.8, 1.6, 0.8, 0.8, 0.8]),
        ("(P) [S R]", "D P G P S R", [0.25] * 4 + [0.4] * 2),
        ("सा ग̇", "S G'", [0.8, 0.8]),
        ("S" + " -" * 40, "S", [10.0]),
    ],
)
def test_a_written_phrase_is_a_task(text: str, letters: str, seconds: list[float]) -> None:
    task = written_task(text, BHUPALI, JUST)
    assert " ".join(step.letter for step in task.steps) == letters
    assert [step.seconds for step in task.steps] == pytest.approx(seconds)
    assert parse_task(json.loads(json.dumps(task_message(task))), BHUPALI, JUST) == task


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("S R g", 'column 5: "g" is not in Bhupali. Write another swara, or choose the raga that has it.'),
        ("S\nR'''", "line 2, column 1: \"R'''\" is too far off."),
        ("(P) " * 9, "36 swaras are sung, and a drill has 1 to 32."),
        (" ", "no swara is written, and a drill has 1 to 32."),
    ],
)
def test_a_written_phrase_that_is_no_drill_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(BadNotation) as refused:
        written_task(text, BHUPALI, JUST)
    assert str(refused.value).startswith(said)


def test_the_weakest_swara_comes_more_often_and_the_others_too() -> None:
    def names(**past: object) -> Counter[str]:
        rng = np.random.default_rng(1)
        return Counter(next_task("swaras", BHUPALI, JUST, rng=rng, **past).name for _ in range(600))  # type: ignore[arg-type]

    good = {name: SwaraRecord(50, 49) for name in ("Sa", "Re", "Pa", "Dha")}
    by_history = names(history={**good, "Ga": SwaraRecord(50, 5, -30.0)})
    by_results = names(done=[to_message(judged(asked("S R G P D"), "S R G-40 P D"))] * 10)
    for counts in (by_history, by_results):
        assert counts["Ga"] == max(counts.values())
        assert all(2 < counts["Ga"] / counts[other] < 8 for other in ("Sa", "Re", "Pa", "Dha", "taar Sa"))
    told = next_task(
        "sargam", BHUPALI, JUST, rng=np.random.default_rng(1), history={"Ga": SwaraRecord(50, 5, -30.0)}
    )
    assert told.words.endswith("Ga was in tune 10% of the time, 30 cents low in your takes")


def test_what_came_last_does_not_come_again_at_once() -> None:
    last = {"name": "Ga", "results": []}
    names = {
        next_task("swaras", BHUPALI, JUST, rng=np.random.default_rng(s), done=[last]).name for s in range(60)
    }
    assert names == {"Sa", "Re", "Pa", "Dha", "taar Sa"}


@pytest.mark.parametrize(
    ("letters", "sung", "verdicts", "extra"),
    [
        ("G", "G", "perfect", ""),
        ("G", "G-40", "low", ""),
        ("G", "R", "another swara", ""),
        ("G", "G?", "unsure", ""),
        ("G", "m?", "unsure", ""),
        ("G", "", "unsure", ""),
        ("G", "G-40:0.2 G:1", "perfect", "G"),  # the held one counts
        ("S R G P", "S R R G P", "perfect perfect perfect perfect", "R"),
        ("S R G P", "P S R G P", "perfect perfect perfect perfect", "P"),
        ("S R G P", "S G P", "perfect missing perfect perfect", ""),
        ("S R G P", "R G+30 P", "missing perfect high perfect", ""),
        ("S R G P", "S D G P", "perfect another_swara perfect perfect", ""),
        ("S R G P", ".S .R .G .P", "perfect perfect perfect perfect", ""),
        ("S D S'", "S' D' S''", "perfect perfect perfect", ""),
        ("S D S'", "S D S", "perfect perfect another_swara", ""),
        ("S S R R", "S R", "perfect perfect perfect perfect", ""),
        ("R R G G", "S' R G", "perfect perfect perfect perfect", "S'"),
        ("S S R R", "S R R", "perfect perfect perfect perfect", ""),
    ],
)
def test_each_swara_is_judged_and_one_too_many_or_too_few_moves_no_other(
    letters: str, sung: str, verdicts: str, extra: str
) -> None:
    result = judged(asked(letters), sung)
    told = verdicts.split() if " " in letters else [verdicts]
    assert [each.verdict for each in result.results] == [each.replace("_", " ") for each in told]
    assert result.extra == tuple(extra.split())
    assert result.verdict in {each.verdict for each in result.results}
    assert all(
        (each.cents_off is None) == (each.verdict in ("unsure", "missing", "another swara"))
        for each in result.results
    )


def test_the_octave_counts_where_it_is_asked_for() -> None:
    assert judged(asked("G"), ".G").octave == -1
    assert judged(asked("G", octave_free=False), ".G").results[0].verdict == "another swara"


@pytest.mark.parametrize(
    ("letters", "sung", "verdict", "cents"),
    [
        ("G", "m-45", "high", 67),
        ("g", "R+48", "low", -64),
        ("m", "m+45", "high", 45),
        ("G", "m", "another swara", None),
        ("G", "m+45", "another swara", None),
    ],
)
def test_a_note_between_two_swaras_is_meant_for_the_one_that_was_asked(
    letters: str, sung: str, verdict: str, cents: int | None
) -> None:
    raga = raga_named("S R g G m P D n")
    note = judged(asked(letters, raga), sung).results[0]
    assert note.verdict == verdict
    assert note.cents_off == (None if cents is None else pytest.approx(cents, abs=1))


def test_an_attempt_is_over_when_all_is_sung_or_after_silence() -> None:
    attempt = DrillAttempt(asked("S R"), 10.0)
    attempt.hear(note(1, "P", start_s=9.5))  # the end of what was played
    attempt.hear(note(2, "S", start_s=11.0))
    assert not attempt.is_over(13.0)
    attempt.hear(note(3, "G", start_s=13.0))
    assert not attempt.is_over(14.0)
    assert attempt.is_over(15.0)
    attempt.hear(note(4, "R", start_s=14.0, final=False))
    assert not attempt.is_over(17.0)
    attempt.hear(note(4, "R", start_s=14.0))
    assert attempt.is_over(14.9)
    result = attempt.result(14.9, JUST)
    assert (result.verdict, result.extra, result.start_s) == ("perfect", ("G",), 11.0)
    silent = DrillAttempt(asked("S R"), 0.0)
    assert not silent.is_over(NOTHING_S)
    assert silent.is_over(NOTHING_S + 4.0)
    assert "No held note was heard" in silent.result(14.0, JUST).words


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"steps": []},
        {"steps": [{}]},
        {"steps": ["G"]},
        {"steps": [{"letter": "m"}]},
        {"steps": [{"letter": "x"}]},
    ]
    + [{"steps": [{"letter": "G", "seconds": bad}]} for bad in (float("nan"), 0, 99, "1", True)]
    + [
        {"steps": [{"letter": "G"}] * 33},
        {"steps": [{"letter": "G"}], "name": 3},
        {"steps": [{"letter": "G"}], "octave_free": 1},
    ],
)
def test_a_task_that_means_nothing_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(SwaraError):
        parse_task(values, BHUPALI, JUST)


@pytest.mark.parametrize("done", [{}, ["x"], [{}], [{"results": [1]}], [{"results": [{"swara": "Ga"}]}]])
def test_results_that_are_none_are_refused(done: Sequence[dict[str, object]]) -> None:
    with pytest.raises(SwaraError):
        next_task("swaras", BHUPALI, JUST, rng=np.random.default_rng(0), done=done)
    with pytest.raises(SwaraError, match="no drill is called"):
        next_task("swara", BHUPALI, JUST, rng=np.random.default_rng(0))


def test_a_session_tells_once_what_came_of_the_demo_sung_as_a_drill() -> None:
    settings = LiveSettings(parse_tonic("C#3"), BHUPALI)
    session = LiveSession(settings)
    session.drill(asked("S R G P D P G"))
    samples = np.append(demo_take().clip.samples, np.zeros(32_000, np.float32))
    events = [
        event for block in np.split(samples, range(1600, samples.size, 1600)) for event in session.push(block)
    ]
    (result,) = (event for event in events if isinstance(event, DrillResult))
    assert [each.verdict for each in result.results][2:6:3] == ["low", "high"]
    assert result.words.startswith("5 of 7 in tune; Ga, ")
    assert json.loads(json.dumps(to_message(result), allow_nan=False))["type"] == "drill"
    with pytest.raises(SwaraError, match="Sa is not known"):
        LiveSession(LiveSettings(None, BHUPALI)).drill(asked("G"))


def test_a_drill_ends_unjudged_with_the_raga_it_was_for() -> None:
    session = LiveSession(LiveSettings(parse_tonic("C#3"), BHUPALI))
    session.drill(asked("G"))
    session.push(demo_take().clip.samples[:16_000])
    session.change(LiveSettings(parse_tonic("C#3"), RAGAS["malkauns"]))
    session.push(demo_take().clip.samples)
    assert not any(isinstance(event, DrillResult) for event in session.finish())
