"""A share of the recordings heard, into the cache and nothing else: for machines that work side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass

from swara.classifier.pitch import PitchTracker
from swara.classifier.pitch.head import pitch_tracker
from swara.data.recording import Recording
from swara.data.storage.remote import shown_url
from swara.embedder import Embedder
from swara.embedder.litert import cores
from swara.service.embedders.choose import Notice, choose_embedder
from swara.service.errors import StoreError
from swara.service.samples.known import known_samples, verify_recordings
from swara.service.stages import StageProgress, StageReport, Stages
from swara.service.store import Layout

from .corrections import confirmed_corrections
from .labelled_notes import NoteExtractor
from .workers import TRACKER, ExtractorFactory, check_cache, prefetch, usual_extractors

__all__ = ["Shard", "ShardResult", "embed_share", "run_shard"]

_SHARD = re.compile(r"(\d{1,6})/(\d{1,6})")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `count` shares, `number` from 1 on; what is in it does not hang on what else is known."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``3/16``; raises ValueError for anything else."""
        found = _SHARD.fullmatch(text.strip())
        number, count = map(int, found.groups()) if found else (0, 0)
        if not 1 <= number <= count:
            raise ValueError(f"{text!r} is no share; of 16 they are 1/16, 2/16 and so on to 16/16")
        return cls(number, count)

    def holds(self, sha256: str) -> bool:
        """Tell whether the recording with this digest belongs to the share."""
        return int(sha256, 16) % self.count == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What became of a share.

    Parameters
    ----------
    shard : Shard
        Which.
    embedder, fingerprint : str
        Who heard it: the shares of one rebuild must all say the same.
    recordings : int
        How many are in it, takes that were corrected too.
    embedded : int
        How many had to be embedded; all others were there.
    place : str
        The cache that holds them now.
    """

    shard: Shard
    embedder: str
    fingerprint: str
    recordings: int
    embedded: int
    place: str

    @property
    def line(self) -> str:
        """All of it as a sentence."""
        there = self.recordings - self.embedded
        return (
            f"Share {self.shard}: {self.embedded} of {self.recordings} recordings embedded, {there} were"
            f" there; by {self.embedder} {self.fingerprint}, in {self.place}"
        )


def embed_share(
    store: Layout,
    shard: Shard,
    *,
    embedder: Embedder,
    tracker: PitchTracker,
    jobs: int = 1,
    extractors: ExtractorFactory | None = None,
    progress: StageProgress | None = None,
    report: StageReport | None = None,
) -> ShardResult:
    """Embed and track what the cache lacks of a share; `rebuild` then finds it there.

    No version is made, and no lock is held: entries go by the digest of what was heard and appear whole, so
    that any number of shares, and the same one twice, may be at work at once. One that was killed goes on.

    Parameters
    ----------
    store : Layout
        Holds the list of recordings; with a `cache_url`, it need not be writable.
    shard : Shard
        Which share.
    embedder, tracker, jobs, extractors, progress, report
        As of `rebuild`.

    Raises
    ------
    CorpusError
        If a recording of the share is not what was added.
    OutputError, StoreError, RemoteError
        If the cache cannot be written.
    SwaraError
        If a recording cannot be read.
    """
    stages = Stages(progress, report)
    with stages.stage("check"):
        share = _share(store, shard)
        extractor = NoteExtractor(store, embedder, tracker)
        lacking = extractor.lacking(share)
        if lacking:
            check_cache(store)
    stages.over("check", shard=str(shard), recordings=len(share))
    with stages.stage("listen"):
        if extractors is not None and jobs > 1 and len(lacking) > 1:
            extractor.add_stats(prefetch(store, lacking, extractors, jobs, stages.tell))
            lacking = extractor.lacking(lacking)
        for each in stages.each(lacking):
            if not extractor.listen(each).whole:
                raise StoreError("the cache may not be written", where=str(store.cache))
    place = str(store.cache) if store.cache_url is None else shown_url(store.cache_url)
    spec = embedder.spec
    result = ShardResult(shard, spec.name, spec.fingerprint, len(share), extractor.embedded, place)
    stages.over(
        "listen",
        embedded=result.embedded,
        from_cache=result.recordings - result.embedded,
        embedder=result.embedder,
        fingerprint=result.fingerprint,
    )
    return result


def _share(store: Layout, shard: Shard) -> list[Recording]:
    known = known_samples(store.corpus)
    takes = (each.as_recording() for each in confirmed_corrections(store, known).takes)
    once = {recording.sha256: recording for recording in (*known, *takes)}
    share = [once[sha256] for sha256 in sorted(once) if shard.holds(sha256)]
    verify_recordings(share)
    return share


def run_shard(
    store: Layout,
    embedder: str | None,
    shard: Shard,
    *,
    jobs: int | None,
    progress: StageProgress | None,
    report: StageReport | None,
    notice: Notice | None = None,
) -> tuple[tuple[str, ...], ShardResult]:
    """Embed a share with the embedder of that name, or the live one; return warnings, and the result.

    Errors are those of `choose_embedder` and `embed_share`.
    """
    choice = choose_embedder(store, embedder, notice)
    result = embed_share(
        store,
        shard,
        embedder=choice.embedder,
        tracker=pitch_tracker(TRACKER),
        jobs=jobs or cores(),
        extractors=usual_extractors(choice.embedder),
        progress=progress,
        report=report,
    )
    return choice.warnings, result
