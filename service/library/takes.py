"""What a take says: its report, its pitch, its embeddings."""

from __future__ import annotations

from os import PathLike
from typing import Literal, TypeAlias

from swara.classifier.pitch import Progress
from swara.classifier.pitch.head import pitch_tracker
from swara.data.pitch_track import PitchTrack
from swara.embedder import Embeddings
from swara.service.request import Preset, parse_request, preset_thresholds
from swara.service.take.analyze import analyze as analyze_clip
from swara.service.take.report import TakeReport

from .source import Source, decoded_take, take_path, warn_of
from .store import Store, open_store

__all__ = ["TuningName", "analyze", "embed", "pitch"]

TuningName: TypeAlias = Literal["just", "equal", "learned"]
"""Where the targets lie."""


def analyze(
    source: Source,
    *,
    rate_hz: float | None = None,
    track: int | None = None,
    tonic: str | float | None = None,
    raga: str | None = None,
    tuning: TuningName = "just",
    preset: Preset = "student",
    perfect_cents: float | None = None,
    in_tune_cents: float | None = None,
    samples: bool = True,
    store: Store | str | PathLike[str] | None = None,
    max_minutes: float | None = 20.0,
    progress: Progress | None = None,
) -> TakeReport:
    """Judge a take note by note against Sa and a raga, as ``swara analyze`` does.

    Parameters
    ----------
    source : path or array, shape [n] or [n, channels]
        A file in any usual format, or samples: floating-point with full scale from -1 to 1, or int16, int32
        or uint8 as a WAV file holds them. They are not changed, and nothing that is returned shares memory
        with them.
    rate_hz : float, optional
        Samples per second, a whole number; for an array, and only for an array.
    track : int, optional
        Which sound of a file with several, from 1 on; its default one, or one that sounds, if left out.
    tonic : str or float, optional
        Sa: a note with its octave (``"C#3"``), without (the octave is found from the voice), or a frequency
        in Hz. Estimated from the take if left out.
    raga : str, optional
        Name of the raga, in any usual spelling; Bhupali if left out.
    tuning : {"just", "equal", "learned"}
        Where each swara is in tune; learned is where the professionals in the store sing it.
    preset : {"learner", "student", "performer"}
        How strict: in tune within 35, 25 or 15 cents, perfect within 20, 15 or 10.
    perfect_cents, in_tune_cents : float, optional
        Limits in place of the preset's.
    samples : bool
        Compare the notes with the professional samples too. The first time ever, the bundled ones are learned
        and written to the store, which takes some seconds.
    store : Store or path, optional
        Whose samples; see `open_store`. A `Store` keeps what it loaded from one take to the next.
    max_minutes : float or None
        Longest take accepted; None lifts the limit.
    progress : callable, optional
        Called with the share of the pitch tracking that is done, 0 to 1.

    Returns
    -------
    TakeReport
        Its `warnings` say what is wrong with the recording or the store.

    Raises
    ------
    SwaraError
        If the recording cannot be used, or Sa, raga or tuning mean nothing.
    TypeError, ValueError
        If an argument is none of what is said here.
    """
    home = store if isinstance(store, Store) else open_store(store)
    thresholds = preset_thresholds(preset, perfect_cents, in_tune_cents)
    request = parse_request(tonic, raga, tuning, thresholds, home.folder)
    decoded = decoded_take(source, rate_hz, max_minutes, track=track)
    model, doubts = home._try_model(source, decoded) if samples else (None, ())
    return analyze_clip(
        decoded.clip,
        request,
        pitch_tracker("head"),
        source=take_path(source).name,
        warnings=(*doubts, *decoded.warnings),
        level=decoded.level,
        progress=progress,
        adviser=model,
    )


def pitch(
    source: Source,
    *,
    rate_hz: float | None = None,
    track: int | None = None,
    max_minutes: float | None = 20.0,
    progress: Progress | None = None,
) -> PitchTrack:
    """Track the pitch of the voice in a take every 10 ms, as ``swara pitch`` does.

    Parameters
    ----------
    source : path or array, shape [n] or [n, channels]
        As for `analyze`.
    rate_hz : float, optional
        Samples per second; for an array, and only for an array.
    track : int, optional
        As for `analyze`.
    max_minutes : float or None
        Longest take accepted; None lifts the limit.
    progress : callable, optional
        Called with the share that is done, 0 to 1.

    Returns
    -------
    PitchTrack
        The same as in the report of the take.

    Warns
    -----
    UserWarning
        If the file is damaged, or shorter than it says.

    Raises
    ------
    SwaraError
        If the recording cannot be used.
    TypeError, ValueError
        If an argument is none of what is said here.
    """
    decoded = decoded_take(source, rate_hz, max_minutes, track=track)
    warn_of(decoded, source)
    return pitch_tracker("head").track(decoded.clip, progress)


def embed(
    source: Source,
    *,
    rate_hz: float | None = None,
    track: int | None = None,
    embedder: str = "builtin",
    max_minutes: float | None = 20.0,
) -> Embeddings:
    """Embed a recording frame by frame: vectors that are near where voices or instruments sound alike.

    Parameters
    ----------
    source : path or array, shape [n] or [n, channels]
        As for `analyze`.
    rate_hz : float, optional
        Samples per second; for an array, and only for an array.
    track : int, optional
        As for `analyze`.
    embedder : str
        ``builtin``, or one that is on this machine: ``crepe``, ``yamnet``, ``yamnet-tflite``, ``vggish``, a
        handle of TF Hub, or ``finetuned-`` and 8 hex digits. Vectors of two embedders are not comparable.
    max_minutes : float or None
        Longest recording accepted; None lifts the limit.

    Returns
    -------
    Embeddings
        One vector for each frame of the embedder.

    Warns
    -----
    UserWarning
        If the file is damaged, or shorter than it says.

    Raises
    ------
    SwaraError
        If the recording or the embedder cannot be used.
    TypeError, ValueError
        If an argument is none of what is said here.
    """
    from swara.service.embedders.choose import embedder_called

    network = embedder_called(embedder)
    decoded = decoded_take(source, rate_hz, max_minutes, network.spec.rate_hz, track)
    warn_of(decoded, source)
    return network.embed(decoded.clip)
