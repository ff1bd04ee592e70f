"""Whether the sound of a recording is there, whole, loud enough, and not clipped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.audio.clipping import clipped_share
from swara.data.audio.decode import decode, source_blocks
from swara.data.audio.frames import level_db
from swara.data.clip import Clip
from swara.data.corpus.corpus import audio_path
from swara.data.recording import Recording
from swara.data.storage.disk import os_reason, sha256_of
from swara.raga.errors import SwaraError

from .findings import Finding, finding, remove

__all__ = ["CLIPPED_SHARE", "QUIET_DB", "SILENT_DB", "check_file", "check_sound"]

CLIPPED_SHARE = 2e-4
"""Of 331 recordings of voices and instruments one, of an amateur at full scale, comes to half of it."""

QUIET_DB = -45.0
SILENT_DB = -60.0
"""Level in dB of full scale below which the loudest twentieth of a recording is too quiet to learn from, or
nothing. The quietest of 331 recordings of voices and instruments has -36 dB there."""

_LOUD_QUANTILE = 0.95


def check_file(recording: Recording) -> Finding | None:
    """Return what is wrong with the file of a recording; None if it holds the bytes that were added."""
    path = audio_path(recording)
    back = f"Put the file back, or mount the disk that it is on; to forget it, run: {remove(recording)}"
    try:
        if sha256_of(path) == recording.sha256:
            return None
    except (FileNotFoundError, NotADirectoryError):
        return finding(recording, "gone", "the file is gone", back)
    except OSError as error:
        return finding(recording, "unreadable", f"the file cannot be read: {os_reason(error)}", back)
    again = f"Put the file back, or run: {remove(recording)}; then it can be added again"
    return finding(recording, "changed", "the file was changed since it was added", again)


def check_sound(recording: Recording) -> tuple[Clip | None, tuple[Finding, ...]]:
    """Return the sound of a recording at 16 kHz, None if it cannot be decoded, and what is wrong with it."""
    path = audio_path(recording)
    try:
        decoded = decode(path, rate_hz=TRACK_RATE_HZ, max_duration_s=None)
    except SwaraError as error:
        fix = f"{error.fix + ', or' if error.fix else 'Or'} run: {remove(recording)}"
        return None, (finding(recording, "unreadable", error.what, fix[0].upper() + fix[1:]),)
    again = f"Export it again and add that, then run: {remove(recording)}"
    damage = (finding(recording, "damaged", warning, again) for warning in decoded.warnings)
    return decoded.clip, (*damage, *_check_level(recording, path, decoded.clip))


def _check_level(recording: Recording, path: Path, clip: Clip) -> Iterator[Finding]:
    loud_db = float(np.quantile(level_db(clip), _LOUD_QUANTILE))
    again = f"Record it again, then run: {remove(recording)}"
    if loud_db < SILENT_DB:
        yield finding(recording, "silent", f"it is silent: {loud_db:.0f} dB at its loudest", again)
        return
    if loud_db < QUIET_DB:
        yield finding(recording, "quiet", f"it is too quiet: {loud_db:.0f} dB at its loudest", again)
    share = clipped_share(*source_blocks(path))
    if share >= CLIPPED_SHARE:
        yield finding(recording, "clipped", f"it is clipped: {share:.2%} of it is cut off", again)
