"""The pitch network while it is trained, on whichever backend Keras has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from swara.classifier.pitch.decode import PITCH_BINS
from swara.embedder.training import running

from .batches import UNVOICED, SceneBatch, example, stack
from .layers import PitchLayers
from .scenes import SceneMaker

__all__ = ["FIGURES", "Learner", "figures"]

ops: Any = keras.ops  # for whose results Keras declares types that they are not of

_EMA = 0.998
_CLIP_NORM = 1.0  # of all gradients together, as the weights that ship were trained
_BLUR_BINS = 0.75  # 25 cents, as in CREPE (Kim et al. 2018)
_NEAR_BINS = 1.5  # 50 cents
_SEEN = 24  # scenes that the weights of a file are normalised by

FIGURES = ("salience_loss", "voicing_loss", "rpa50", "recall", "false_alarm")
"""What `figures` are: the sum of the first two is the loss."""


class Learner:
    """Network, optimizer, and the running average of the weights.

    Parameters
    ----------
    seed : int
        Of the weights to begin with.
    """

    def __init__(self, seed: int = 1) -> None:
        keras.utils.set_random_seed(seed)
        self._network = PitchLayers().model()
        self._optimizer: Any = keras.optimizers.Adam(
            0.0, global_clipnorm=_CLIP_NORM, use_ema=True, ema_momentum=_EMA
        )
        self._taught: Any = _Taught(self._network)
        # On TensorFlow without XLA, as trainings on two cores always were; JAX has nothing else.
        self._taught.compile(self._optimizer, jit_compile=keras.backend.backend() == "jax")
        self._optimizer.build(self._network.trainable_variables)
        self.step = 0

    def begin_from(self, file: Path, fresh: tuple[str, ...], seed: int) -> None:
        """Take weights, ``.h5``, or an exported file, ``.tflite``, but for layers named as in `fresh`."""
        if file.suffix == ".tflite":
            from .shipped import start_from  # LiteRT is for this alone

            maker = SceneMaker(seed, 4.0, 40)
            seen = stack([example(maker.draw(), causal=i % 3 == 0) for i in range(_SEEN)])
            start_from(file, self._network, seen, fresh)
            return
        given = PitchLayers().model()
        given.load_weights(file)
        for layer in self._network.layers:
            if layer.weights and not layer.name.startswith(fresh):
                layer.set_weights(given.get_layer(layer.name).get_weights())

    @staticmethod
    def brought(batch: SceneBatch) -> tuple[Any, Any]:
        """Bring frames and bins to where the network is, on the thread that asks."""
        return ops.convert_to_tensor(batch.frames), ops.convert_to_tensor(batch.bins)

    def learn(self, frames: Any, bins: Any, rate: float) -> None:
        """Learn from a batch at a learning rate; on an accelerator, without waiting for the outcome."""
        self._optimizer.learning_rate.assign(rate)
        self._taught.train_on_batch((frames, bins), return_dict=True)
        self.step += 1

    def told(self) -> dict[str, float]:
        """Return the mean of each figure over the batches since this was asked last."""
        told: list[float] = np.asarray(self._taught.told).tolist()
        self._taught.told.assign(np.zeros(len(told)))
        batches = max(1.0, told.pop())
        return {name: round(total / batches, 4) for name, total in zip(FIGURES, told, strict=True)}

    def average(self, path: Path, watched: Mapping[str, Sequence[SceneBatch]]) -> dict[str, float]:
        """Save the averaged weights to `path`, and return their figures on sets of batches, by name."""
        found: dict[str, float] = {}
        with running.averaged(self._network, self._optimizer, path):
            for name, batches in watched.items():
                each = [self._taught.predict_on_batch((batch.frames, batch.bins)) for batch in batches]
                means = np.stack(each).mean(axis=0, dtype=np.float64).round(4).tolist()
                found |= {f"{name}_{figure}": mean for figure, mean in zip(FIGURES, means, strict=True)}
        return found

    def save(self, checkpoint: Path, counts: Mapping[str, float]) -> None:
        """Write all that `restore` goes on from; the checkpoint before stays until this one is whole."""
        running.save(checkpoint, self._variables(), {**counts, "step": self.step})

    def restore(self, checkpoint: Path) -> dict[str, float]:
        """Go on from a checkpoint, of any backend, if there is one, and return what was counted besides."""
        counts = running.restore(checkpoint, self._variables())
        self.step = int(counts.pop("step", self.step))
        return counts

    def _variables(self) -> list[Any]:
        return [*self._network.variables, *self._optimizer.variables]


class _Taught(keras.Model):  # type: ignore[misc]
    """The network with its `FIGURES` as what comes out, of which the first two are the loss.

    The figures are added up here, and not by metrics of Keras, which would wait for each batch to be done.
    """

    def __init__(self, network: keras.Model) -> None:
        super().__init__(name="taught")
        self.network = network
        self.told = self.add_weight(
            shape=(len(FIGURES) + 1,), initializer="zeros", trainable=False, name="told"
        )

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """None, so that `train_on_batch` has nothing to wait for."""
        return []

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the figures of frames and bins."""
        frames, bins = inputs
        logits, voicing = self.network(frames, training=training)
        found = figures(logits, voicing, bins)
        if training:
            self.told.assign_add(ops.append(ops.stop_gradient(found), ops.ones(1)))
        return found

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Return the sum of both losses."""
        del x, y, sample_weight, training
        return y_pred[0] + y_pred[1]


def figures(logits: Any, voicing: Any, bins: Any) -> Any:
    """Measure what the network finds against what is true.

    Parameters
    ----------
    logits : tensor, shape [batch, frames, 2, PITCH_BINS]
        Salience.
    voicing : tensor, shape [batch, frames, 2]
        Log odds of a voice.
    bins : tensor, shape [batch, frames, 2]
        Of `SceneBatch`.

    Returns
    -------
    tensor, shape [5]
        `FIGURES`: cross-entropy of the salience where a voice sounds, and of the voicing; the shares of its
        frames whose likeliest bin is within 50 cents, and that are heard; the share of others heard as voice.
    """
    voiced, unvoiced = ops.cast(bins >= 0, "float32"), ops.cast(bins == UNVOICED, "float32")
    away = (ops.arange(PITCH_BINS, dtype="float32") - bins[..., None]) / _BLUR_BINS
    blurred = ops.exp(-0.5 * away**2) * voiced[..., None]
    blurred /= ops.maximum(ops.sum(blurred, axis=-1, keepdims=True), 1e-9)
    near = ops.abs(ops.cast(ops.argmax(logits, axis=-1), "float32") - bins) <= _NEAR_BINS
    heard = ops.cast(voicing > 0, "float32")
    wrong = ops.binary_crossentropy(voiced, voicing, from_logits=True)
    sung, rest = ops.sum(voiced), ops.sum(unvoiced)
    return ops.stack(
        [
            -ops.sum(blurred * ops.log_softmax(logits)) / (sung + 1.0),
            ops.sum(wrong * (voiced + unvoiced)) / (sung + rest),
            ops.sum(ops.cast(near, "float32") * voiced) / (sung + 1.0),
            ops.sum(heard * voiced) / ops.maximum(sung, 1.0),
            ops.sum(heard * unvoiced) / ops.maximum(rest, 1.0),
        ]
    )
