"""YAMNet and VGGish as published, with random weights: as fast as the trained ones, good for nothing else.

Both hear log-mel patches: magnitudes of a 25 ms STFT every 10 ms, 64 mel bands from 125 to 7500 Hz, a
logarithm with an offset, patches of 0.96 s. YAMNet is MobileNet v1 (Howard et al. 2017) with 521 classes
(github.com/tensorflow/models, AudioSet), VGGish configuration A of VGG without its last group and with three
dense layers (Hershey et al., "CNN architectures for large-scale audio classification", ICASSP 2017). The
SavedModels have the signatures of TF Hub's.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
from pathlib import Path
from typing import Any, Literal, TypeAlias

Architecture: TypeAlias = Literal["yamnet", "vggish"]

CLASSES = 521
_BANDS, _PATCH, _STEP, _WINDOW_SAMPLES = 64, 96, 160, 95 * 160 + 400
_STRIDES = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
_CHANNELS = (64, 128, 128, 256, 256, *[512] * 6, 1024, 1024)
"""Of each depthwise separable convolution of YAMNet, 3 by 3."""

_GROUPS = ((64,), (128,), (256, 256), (512, 512))
"""Channels of VGGish's convolutions, 3 by 3; each group ends in a pooling that halves both sides."""


def saved(architecture: Architecture, cache: Path) -> Path:
    """Return the folder of a SavedModel, converted; made the first time, which takes TensorFlow."""
    from swara.embedder.registry import embedder_named

    folder = cache / "published" / architecture
    if not folder.is_dir():
        part = folder.with_name(f"{architecture}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.parent.mkdir(parents=True, exist_ok=True)
        {"yamnet": save_yamnet, "vggish": save_vggish}[architecture](part)
        part.replace(folder)
        # Converted on first use, and the file kept beside it.
        embedder_named(architecture, folder)
    return folder


def save_yamnet(folder: Path, seed: int = 0) -> None:
    """Write the SavedModel; its class map names ``Silence`` and ``Sine wave`` and numbers the others."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    net = inputs = keras.Input((_PATCH, _BANDS, 1))
    net = _normalised(layers.Conv2D(32, 3, 2, "same", use_bias=False, kernel_initializer="he_normal")(net))
    of_nine = keras.initializers.RandomNormal(
        0.0, (2 / 9) ** 0.5
    )  # Keras counts a depthwise kernel's otherwise
    for stride, channels in zip(_STRIDES, _CHANNELS, strict=True):
        depthwise = layers.DepthwiseConv2D(3, stride, "same", use_bias=False, depthwise_initializer=of_nine)
        net = _normalised(depthwise(net))
        pointwise = layers.Conv2D(channels, 1, use_bias=False, kernel_initializer="he_normal")
        net = _normalised(pointwise(net))
    body = keras.Model(inputs, layers.GlobalAveragePooling2D()(net))
    scores = keras.Sequential([keras.Input((1024,)), layers.Dense(CLASSES, "sigmoid", use_bias=False)])
    names = {494: "Silence", 495: "Sine wave"}
    with tempfile.TemporaryDirectory() as scratch:
        class_map = Path(scratch) / "yamnet_class_map.csv"
        with class_map.open("w", newline="", encoding="utf-8") as file:
            rows = [(i, f"/m/{i}", names.get(i, f"class {i}")) for i in range(CLASSES)]
            csv.writer(file).writerows([("index", "mid", "display_name"), *rows])
        _save(folder, body, 48, 0.001, scores, class_map)


def save_vggish(folder: Path, seed: int = 0, hidden: int = 4096) -> None:
    """Write the SavedModel; `hidden` is the dense layers' width, for tests less than published."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(seed)
    random = {
        "kernel_initializer": "he_normal",
        "bias_initializer": keras.initializers.RandomNormal(0.0, 0.1),
    }
    body = keras.Sequential([keras.Input((_PATCH, _BANDS, 1))])
    for group in _GROUPS:
        for channels in group:
            body.add(layers.Conv2D(channels, 3, padding="same", activation="relu", **random))
        body.add(layers.MaxPooling2D())
    body.add(layers.Flatten())
    for width, activation in ((hidden, "relu"), (hidden, "relu"), (128, None)):
        body.add(layers.Dense(width, activation, **random))
    _save(folder, body, 96, 0.01)


def _normalised(net: Any) -> Any:
    """Return batch normalisation without a scale of its own, as if trained, and a ReLU."""
    from keras import initializers, layers

    near_zero = initializers.RandomNormal(0.0, 0.1)
    norm = layers.BatchNormalization(
        scale=False,
        epsilon=1e-4,
        beta_initializer=near_zero,
        moving_mean_initializer=near_zero,
        moving_variance_initializer=initializers.RandomUniform(0.5, 1.5),
    )
    return layers.ReLU()(norm(net))


def _save(
    folder: Path, body: Any, hop_frames: int, offset: float, scores: Any = None, class_map: Path | None = None
) -> None:
    """Write a network on patches as one on waveforms."""
    import tensorflow as tf

    module = tf.Module()
    module.body, module.scores = body, scores

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="waveform")])
    def call(waveform: Any) -> Any:
        # Silence at the end until the last patch is full, and at least one is.
        hop = hop_frames * _STEP
        beyond = tf.maximum(0, tf.shape(waveform)[0] - _WINDOW_SAMPLES)
        length = _WINDOW_SAMPLES + hop * ((beyond + hop - 1) // hop)
        padded = tf.pad(waveform, [[0, length - tf.shape(waveform)[0]]])
        spectrum = tf.abs(tf.signal.stft(padded, 400, _STEP, 512))
        weights = tf.signal.linear_to_mel_weight_matrix(_BANDS, 257, 16_000, 125.0, 7500.0)
        levels = tf.math.log(tf.matmul(spectrum, weights) + offset)
        patches = tf.signal.frame(levels, _PATCH, hop_frames, axis=0)
        embeddings = body(tf.reshape(patches, [-1, _PATCH, _BANDS, 1]), training=False)
        return embeddings if scores is None else (scores(embeddings), embeddings, levels)

    module.__call__ = call
    if class_map is not None:
        module.asset = tf.saved_model.Asset(str(class_map))
        module.class_map_path = tf.function(lambda: module.asset.asset_path, input_signature=[])
    tf.saved_model.save(module, str(folder))
