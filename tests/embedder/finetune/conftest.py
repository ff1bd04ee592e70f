"""Recordings that are few enough to be learned from in a test."""

from __future__ import annotations

import pytest

from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import pack_recordings


@pytest.fixture(scope="session")
def few() -> list[Recording]:
    """Four short recordings of each of two bundled voices."""
    by_singer: dict[str, list[Recording]] = {}
    for recording in pack_recordings():
        by_singer.setdefault(recording.singer, []).append(recording)
    return [each for theirs in list(by_singer.values())[:2] for each in theirs[:4]]
