"""Train the network that hears the note of a sample.

``python -m swara.classifier.sample_pitch.training.train FOLDER``

Renders a soundfont, draws the frames, learns, and exports. What an earlier run left in the folder is not made
again. It needs the program ``fluidsynth`` and, unless another is named, the soundfont FluidR3.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from swara.classifier.head_files import write_head
from swara.classifier.sample_pitch.features import BINS, BINS_PER_SEMITONE, LOWEST_MIDI, PITCH_BINS, ROWS
from swara.classifier.sample_pitch.note import FOLDER, HIGHEST, KIND, LOWEST, NETWORK_FILE, WEIGHTS_FILE
from swara.classifier.window_network import exported
from swara.data.storage.json_lines import Json
from swara.data.storage.npz import write_arrays
from swara.data.synth.soundfont import find_soundfont
from swara.raga.errors import SwaraError

from .layers import note_network
from .sounds import Examples, draw_examples, random_sounds, render_font, rendered_sounds, soft_targets

__all__ = ["export", "main", "train"]

_TONES = 5_000
_EPOCHS = 10
_BATCH = 64
_RATE = 3e-3
_STORED = ("features", "midi", "held_out")


def main() -> None:
    """Parse the command line, and do what is not done yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where sounds and weights are kept: 0.9 GB")
    parser.add_argument("--soundfont", default="fluidr3", help="its name, or that of its file")
    parser.add_argument("--epochs", type=int, default=_EPOCHS)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        drawn = _examples(options.folder, options.soundfont)
        model, metrics = train(drawn, options.folder / "best.weights.h5", options.epochs)
        export(model, options.out, metrics, options.soundfont)
    except SwaraError as error:
        sys.exit(str(error))


def _examples(folder: Path, soundfont: str) -> Examples:
    file = folder / "examples.npz"
    if not file.exists():
        render_font(find_soundfont(soundfont), folder, seed=1)
        chance, font = np.random.default_rng((1, 7)), np.random.default_rng((2, 7))
        drawn = (
            draw_examples(random_sounds(_TONES, chance), chance),
            draw_examples(rendered_sounds(folder, font), font),
        )
        write_arrays(
            file, {name: np.concatenate([getattr(each, name) for each in drawn]) for name in _STORED}
        )
    return Examples(**{name: np.load(file)[name] for name in _STORED})


def train(drawn: Examples, weights: Path, epochs: int) -> tuple[keras.Model, dict[str, float]]:
    """Learn from all examples but those held out; return the weights that did best on these.

    Returns
    -------
    model : keras.Model
        Of `note_network`.
    metrics : dict of str to float
        On what was held out: ``loss``, and ``half_semitone``, the share of frames that near.
    """
    keras.utils.set_random_seed(1)
    model = note_network()
    learned, aside = np.flatnonzero(~drawn.held_out), np.flatnonzero(drawn.held_out)
    steps = epochs * (len(learned) // _BATCH)
    rate = keras.optimizers.schedules.CosineDecay(1e-4, steps, warmup_target=_RATE, warmup_steps=steps // 20)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(rate, weight_decay=1e-3, clipnorm=1.0), loss, jit_compile=True)
    watched = _batch(drawn, aside)
    rng, best = np.random.default_rng(1), np.inf
    for epoch in range(epochs):
        order = rng.permutation(learned)[: len(learned) // _BATCH * _BATCH].reshape(-1, _BATCH)
        losses = [float(model.train_on_batch(*_batch(drawn, rows))) for rows in order]
        logits = model.predict(watched[0], batch_size=_BATCH, verbose=0)
        figures = _figures(logits, watched[1], drawn.midi[aside])
        sys.stdout.write(f"epoch {epoch + 1}: loss {np.mean(losses[-200:]):.3f}, held out {figures}\n")
        sys.stdout.flush()
        if figures["loss"] < best:
            best, metrics = figures["loss"], figures
            model.save_weights(weights)
    model.load_weights(weights)
    return model, metrics


def _batch(drawn: Examples, rows: npt.NDArray[np.intp]) -> tuple[Any, Any]:
    return drawn.features[rows].astype(np.float32), soft_targets(drawn.midi[rows])


def _figures(logits: Any, targets: Any, midi: npt.NDArray[np.float32]) -> dict[str, float]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    found = LOWEST_MIDI + logits[:, :PITCH_BINS].argmax(axis=1) / BINS_PER_SEMITONE
    near = np.abs(found - midi[:, 0]) <= 0.5
    loss = float(-(targets * log_shares).sum(axis=1).mean())
    return {"loss": round(loss, 4), "half_semitone": round(float(near.mean()), 4)}


def export(model: keras.Model, folder: Path, metrics: dict[str, float], soundfont: str) -> float:
    """Write the head; return how far its shares differ from those of Keras at most.

    Raises
    ------
    HeadError
        If the file answers otherwise than Keras does: nothing is then written.
    """
    fixed = note_network(batch=1)
    fixed.set_weights(model.get_weights())
    shares = keras.Model(fixed.input, keras.ops.softmax(fixed.output))
    frames = np.random.default_rng(7).uniform(-4.0, 0.0, (20, ROWS, BINS)).astype(np.float32)
    content, difference = exported(shares, frames)
    labels = [str(midi) for midi in range(LOWEST, HIGHEST + 1)]
    weights = {f"{number:03d}": weight for number, weight in enumerate(model.get_weights())}
    trained_on: dict[str, Json] = {"soundfont": soundfont, "tones": _TONES, "seed": 1}
    write_head(
        folder,
        KIND,
        labels,
        {NETWORK_FILE: content, WEIGHTS_FILE: weights},
        trained_on=trained_on,
        metrics=metrics,
    )
    sys.stdout.write(f"{folder / NETWORK_FILE}: {len(content)} bytes, at most {difference:.2g} from Keras\n")
    return difference


if __name__ == "__main__":
    main()
