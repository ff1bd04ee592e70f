"""Training a head for exercises: the contour, the network, and how much either counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swara.classifier import HeadError
from swara.classifier.exercises.features import features
from swara.classifier.exercises.head import KIND, ExerciseHead
from swara.classifier.exercises.line import NoteLine, note_line
from swara.classifier.exercises.songs import LEAST_NOTES
from swara.classifier.exercises.windows import LOOK
from swara.classifier.head_files import ARRAYS, NETWORK, Content, FitOptions, FittedHead, OnEpoch, write_head
from swara.classifier.head_scores import watched_figures
from swara.classifier.pitch.head import pitch_tracker
from swara.classifier.window_network import WindowNetwork, exported
from swara.data.arrays import FloatArray, IntArray
from swara.data.audio.decode import load_clip
from swara.data.audio.frames import level_db
from swara.data.clip import Clip
from swara.data.corpora.entry import Entry
from swara.data.log_mel import Picture, log_mel
from swara.data.storage.json_lines import Json
from swara.data.storage.npz import Arrays
from swara.data.synth.exercises import KINDS, Kind

from .contours import contour_examples, fit_contours, line_features
from .examples import RATE_HZ, TRAINED_ON
from .network import one_at_a_time, train, windows_of

__all__ = ["THRESHOLD", "Heard", "answers", "fit", "hear", "make_head", "teach_network", "write_weighed"]

THRESHOLD = 1.0
"""Evidence that a stretch must have to be taken for an exercise: of 1 and 2, what found more ends of
exercises by the voices that training knows."""

_WATCHED = 0.2
_SYNTHESIZED = 3000
_MIXES = (0.0, 0.15, 0.3, 0.6, 1.0)
"""How much the network's logarithms may count beside the contour's; 0 leaves it out."""

_CLEAR = 0.02
"""What the network must take off the cross-entropy on the singers watched to be asked at all."""

_LEAST = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A recording as the two halves of the head know it, and what it is."""

    line: NoteLine
    picture: npt.NDArray[Any]
    kind: Kind


def hear(clip: Clip, kind: Kind) -> Heard:
    """Track a clip at 16 kHz, and make its picture."""
    line = note_line(pitch_tracker("head").track(clip), level_db(clip))
    return Heard(line, np.asarray(log_mel(clip.samples, LOOK), np.float16), kind)


def fit(rows: Sequence[Entry], folder: Path, options: FitOptions, on_epoch: OnEpoch) -> FittedHead:
    """Train a head on recordings of exercises, and on synthesized contours, and write it into `folder`.

    A fifth of the singers is watched and not learned from.

    Parameters
    ----------
    rows : sequence of Entry
        Recordings; those without a known exercise are left out.
    folder : Path
        Where the head is written.
    options : FitOptions
        How it is trained; the length of windows is the network's own.
    on_epoch : callable
        Told each pass.

    Raises
    ------
    HeadError
        If there are fewer than two kinds of exercise, or one singer alone.
    AudioError
        If a recording cannot be read.
    """
    known = [row for row in rows if row.exercise in KINDS]
    if len({row.exercise for row in known}) < 2:
        fix = "Add recordings of others; the column exercise says scale, arpeggio or other"
        raise HeadError("the corpus has no two kinds of exercise to tell apart", fix=fix)
    singers = sorted({(row.source, row.player) for row in known})
    if len(singers) < 2:
        raise HeadError("the corpus has one singer alone", fix="Add another, whom the training can watch")
    rng = np.random.default_rng(options.seed)
    count = max(1, round(_WATCHED * len(singers)))
    watched = {singers[int(at)] for at in rng.permutation(len(singers))[:count]}
    halves: tuple[list[Heard], list[Heard]] = ([], [])
    for row in known:
        clip = load_clip(row.path, rate_hz=RATE_HZ, max_duration_s=None)
        halves[(row.source, row.player) in watched].append(hear(clip, _kind(row)))
    synthesized = contour_examples(_SYNTHESIZED, TRAINED_ON, rng)
    trained_on: dict[str, Json] = {
        "recordings": len(halves[0]),
        "players": len(singers) - count,
        "sources": sorted({row.source for row in known}),
        "seed": options.seed,
    }
    return make_head(*halves, synthesized, folder, options, on_epoch, trained_on)


def answers(rows: Sequence[Entry], folder: Path) -> list[str]:
    """Return what the head in a folder says of each recording: a label, empty where nobody sings."""
    head = ExerciseHead.read(folder)
    clips = (load_clip(row.path, rate_hz=RATE_HZ, max_duration_s=None) for row in rows)
    return [head.exercise(clip).kind or "" for clip in clips]


def _kind(row: Entry) -> Kind:
    return KINDS[[*map(str, KINDS)].index(row.exercise)]


def make_head(
    learnt: Sequence[Heard],
    watched: Sequence[Heard],
    synthesized: tuple[FloatArray, IntArray],
    folder: Path,
    options: FitOptions,
    on_epoch: OnEpoch,
    trained_on: dict[str, Json],
    make: Callable[[], Any] | None = None,
) -> FittedHead:
    """Train both halves, weigh them on singers that neither has heard, and write the head.

    Parameters
    ----------
    learnt, watched : sequence of Heard
        What is learned from, and what tells when to stop and how much the network counts.
    synthesized : (float64 array, int array)
        Of `contour_examples`: more for the contour to learn from.
    folder : Path
        Where the head is written.
    options : FitOptions
        How the network is trained.
    on_epoch : callable
        Told each pass of the network.
    trained_on : dict
        What the manifest says of it.
    make : callable, optional
        Makes the network; the full one by default.

    Raises
    ------
    HeadError
        If the file answers otherwise than Keras does.
    """
    told: list[tuple[NoteLine, Kind]] = [(each.line, each.kind) for each in learnt]
    (drawn, drawn_kinds), (sung, sung_kinds) = synthesized, line_features(told)
    contour = fit_contours(np.concatenate([drawn, sung]), np.concatenate([drawn_kinds, sung_kinds]))
    content, epochs = teach_network(learnt, watched, options, on_epoch, make)
    fitted = write_weighed(contour, content, watched, folder, trained_on | {"epochs": epochs})
    return replace(fitted, epochs=epochs)


def teach_network(
    learnt: Sequence[Heard],
    watched: Sequence[Heard],
    options: FitOptions,
    on_epoch: OnEpoch,
    make: Callable[[], Any] | None = None,
) -> tuple[bytes, int]:
    """Train the network, as in `make_head`, and return its LiteRT file and how many passes were made."""
    model, epochs = train(_pictures(learnt), _pictures(watched), options, on_epoch, make)
    windows, _ = windows_of(_pictures(watched), model.input_shape[1])
    content, _ = exported(one_at_a_time(model), windows[..., 0])
    return content, epochs


def write_weighed(
    contour: Arrays, content: bytes, watched: Sequence[Heard], folder: Path, trained_on: dict[str, Json]
) -> FittedHead:
    """Weigh a contour and a network on singers that neither has heard, and write the head.

    Parameters
    ----------
    contour : mapping of str to float64 array
        Of `fit_contours`.
    content : bytes
        The network's LiteRT file.
    watched : sequence of Heard
        What tells how much the network counts.
    folder : Path
        Where the head is written.
    trained_on : dict
        What the manifest says of it.
    """
    arrays = {**contour, "threshold": np.array(THRESHOLD), "mix": np.array(0.0)}
    network = WindowNetwork(content)
    windows, truth = windows_of(_pictures(watched), network.shape[0])
    heard = network.run(windows[..., 0]).astype(np.float64)
    said = _contour(ExerciseHead(arrays), watched)
    mix = _best_mix(said, heard, truth)
    metrics = _figures(said + mix * np.log(np.maximum(heard, _LEAST)), truth)
    metrics |= {f"contour_{name}": value for name, value in _figures(said, truth).items()}
    metrics |= {f"network_{name}": value for name, value in _figures(np.log(heard + _LEAST), truth).items()}
    files: dict[str, Content] = {ARRAYS: {**arrays, "mix": np.array(mix)}, NETWORK: content}
    write_head(folder, KIND, KINDS, files, trained_on=trained_on, metrics=metrics)
    says = "the contour alone" if mix == 0.0 else f"the contour and {mix:g} times the network"
    return FittedHead(metrics, notes=(f"{says} did best on the singers watched",))


def _pictures(heard: Sequence[Heard]) -> list[tuple[Picture, int]]:
    return [(each.picture, KINDS.index(each.kind)) for each in heard]


def _contour(head: ExerciseHead, heard: Sequence[Heard]) -> FloatArray:
    """Return the contour's logarithms of each recording as a whole, [n, KINDS]."""
    surely_other = np.log(np.array([_LEAST, _LEAST, 1.0]))
    return np.stack(
        [
            head.judge(features(each.line)[None, :])[0] if len(each.line) >= LEAST_NOTES else surely_other
            for each in heard
        ]
    )


def _best_mix(contour: FloatArray, heard: FloatArray, truth: IntArray) -> float:
    losses = [_figures(contour + mix * np.log(np.maximum(heard, _LEAST)), truth)["loss"] for mix in _MIXES]
    best = int(np.argmin(losses))
    return _MIXES[best] if losses[0] - losses[best] >= _CLEAR else 0.0


def _figures(logs: FloatArray, truth: IntArray) -> dict[str, float]:
    """Return accuracy, macro F1 and cross-entropy."""
    sure = logs - np.logaddexp.reduce(logs, axis=1, keepdims=True)
    loss = float(-np.mean(sure[np.arange(truth.size), truth]))
    return watched_figures(truth, sure.argmax(axis=1)) | {"loss": loss}
