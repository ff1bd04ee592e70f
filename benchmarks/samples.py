"""What professional samples cost: learning from the bundled ones, and asking about a take."""

from __future__ import annotations

import tempfile
from pathlib import Path

from swara.classifier.notes import PRESETS
from swara.classifier.pitch import pitch_tracker
from swara.data.synth.demo import demo_take
from swara.embedder.registry import embedder_named
from swara.raga.tonic_names import parse_tonic
from swara.raga.tuning import JUST
from swara.service.adviser.adviser import load_model
from swara.service.rebuild.rebuild import rebuild
from swara.service.take.analyze import Request, analyze

from .page import Check, Section, Table
from .stopwatch import best_s

__all__ = ["measure"]

ROUNDS = 5
OPINIONS_S, NOTHING_NEW_S = 0.3, 2.0


def measure() -> Section:
    """Measure a first rebuild, one with nothing new, opening the version, and asking it about a take."""
    embedder, tracker = embedder_named("builtin"), pitch_tracker("head")
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        first = rebuild(store, embedder=embedder, tracker=tracker)
        nothing_s = best_s(lambda: rebuild(store, embedder=embedder, tracker=tracker), ROUNDS)
        open_s = best_s(lambda: load_model(store), ROUNDS)
        model = load_model(store)
        clip = demo_take().clip
        request = Request(JUST, PRESETS["student"], parse_tonic("C#3"))
        report = analyze(clip, request, tracker, source="demo")
        asked_s = best_s(lambda: model.opinions(clip, report.track, report.notes, report.tonic.hz), ROUNDS)
    first_s = sum(first.seconds.values())
    steps = (
        (f"first rebuild: {first.embedded} bundled recordings embedded, head fitted, index built", first_s),
        ("a rebuild with nothing new", nothing_s),
        ("opening the live version, every file of it checked", open_s),
        (f"head and index on the {len(report.notes)} notes of a take of {clip.duration_s:.1f} s", asked_s),
    )
    rows = tuple((what, f"{seconds:.3f} s") for what, seconds in steps)
    return Section(
        title="Professional samples",
        method="The bundled samples, whose pitch ships with them, in a fresh store; best of 5.",
        checks=(
            Check("head and index on a warm take", asked_s, OPINIONS_S, "s", at_most=True, digits=3),
            Check("a rebuild with nothing new", nothing_s, NOTHING_NEW_S, "s", at_most=True, digits=2),
        ),
        tables=(Table("What it takes.", ("step", "time"), rows),),
        reading=f"A fresh machine learns from the bundled samples in {first_s:.0f} s, once; from then on they"
        f" add {asked_s + open_s:.2f} s to an analysis.",
    )
