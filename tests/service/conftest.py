"""Processes that are killed, and disks that are full, at every single step of a writer."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import struct
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import pytest
import soundfile

from benchmarks.rebuild.choir import sing
from benchmarks.rebuild.stubs import ToneEmbedder, ToneTracker
from swara.classifier.note_head.evidence import pitch_evidence
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import append_recordings
from swara.data.storage.disk import sha256_of
from swara.embedder import EmbedderSpec, Embeddings
from swara.embedder.spec import pool
from swara.raga.errors import SwaraError
from swara.service.rebuild.labelled_notes import LabelledNote
from swara.service.rebuild.rebuild import RebuildResult, rebuild
from swara.service.rebuild.train import Learned, learn
from swara.service.store import (
    Layout,
    LiveVersion,
    Manifest,
    VersionLayout,
    create_version,
    current_version,
    open_live,
    publish,
    verify_version,
)
from swara.service.store.layout import is_version_id
from swara.service.store.lock import writer_lock
from swara.service.store.manifest import UNGATED

Accident: TypeAlias = Literal["killed", "disk full"]

SPEC = EmbedderSpec("stub", 3, 16_000, 0.1, 0.05, {"seed": 1})
DONE, REFUSED, BROKEN = 0, 3, 4

_STEPS = frozenset({"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.truncate"})
_GROWING = frozenset({"os.mkdir", "os.rename"})


class Steps:
    """Acts once `count` changes to the disk have been made: kills this process, or fills the disk."""

    def __init__(self, folder: Path, count: int, what: Accident) -> None:
        self._folder, self._left, self._what = str(folder), count, what

    def install(self) -> None:
        """Watch this process from now on; there is no way back, so only in a child."""
        fsync = os.fsync

        def counted_fsync(handle: int) -> None:
            self._step(growing=True)
            fsync(handle)

        os.fsync = counted_fsync
        sys.dont_write_bytecode = True
        sys.addaudithook(self._hear)

    def _hear(self, event: str, args: tuple[object, ...]) -> None:
        if event in _STEPS:
            self._step(growing=event in _GROWING)
        elif event == "open" and self._writes(*args):
            self._step(growing=True)

    def _writes(self, path: object, mode: object, flags: object) -> bool:
        inside = isinstance(path, str) and path.startswith(self._folder)
        return inside and bool(int(str(flags)) & (os.O_WRONLY | os.O_RDWR))

    def _step(self, *, growing: bool) -> None:
        self._left -= 1
        if self._left >= 0:
            return
        if self._what == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        elif growing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Outcome(NamedTuple):
    """How a child ended: its exit code, or minus the signal; and what it had to say."""

    code: int
    said: str


class Child(NamedTuple):
    """A process that was started, and the pipe from which it is heard."""

    pid: int
    ear: int

    def outcome(self) -> Outcome:
        """Wait for its end."""
        with os.fdopen(self.ear, encoding="utf-8") as said:
            words = said.read()
        return Outcome(os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1]), words)


class Lab:
    """A store, and children that write to it and meet with accidents."""

    SPEC = SPEC

    def __init__(self, folder: Path) -> None:
        self.store = Layout(folder / "store")

    def start(self, act: Callable[[], object], *, prepare: Callable[[], object] = lambda: None) -> Child:
        """Start `prepare` and then `act` in a process of their own."""
        ear, mouth = os.pipe()
        pid = os.fork()
        if pid == 0:
            os._exit(_in_child(prepare, act, mouth))
        os.close(mouth)
        return Child(pid, ear)

    def run(self, act: Callable[[], object], *, prepare: Callable[[], object] = lambda: None) -> Outcome:
        """Run `prepare` and then `act` in a process of their own."""
        return self.start(act, prepare=prepare).outcome()

    def every_step(self, what: Accident, act: Callable[[], object]) -> Iterator[Outcome]:
        """Run `act` in one child after another, each meeting `what` a step later, until one does not meet it.

        The caller looks at the store after each.
        """
        for count in range(1000):
            outcome = self.run(act, prepare=Steps(self.store.folder, count, what).install)
            yield outcome
            if outcome.code == DONE:
                return
        raise AssertionError("the writer never came to an end")

    def small_files(self, size: int, act: Callable[[], object], *, fatal: bool) -> Outcome:
        """Run `act` where no file may grow beyond `size` bytes: the write that would is cut short there."""

        def limit() -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL if fatal else signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        return self.run(act, prepare=limit)

    def draft(self, value: int, **fields: object) -> Manifest:
        """Return the manifest of a version that is made now, after the live one."""
        given = {
            "made_at": datetime.now(UTC).isoformat(),
            "parent": current_version(self.store),
            "made_with": dict.fromkeys(("note_head", "index"), SPEC.fingerprint),
            "gate": dict(UNGATED),
        }
        digest, metrics = f"corpus {value}", {"accuracy": 1.0}
        parts = {"parameters": {"seed": value}, "corpus_digest": digest, "metrics": metrics, "files": {}}
        return Manifest(code_version="0", embedder=SPEC, **given | parts | fields)

    def build(self, value: int) -> Callable[[VersionLayout], None]:
        """Return a builder of three files, one in a folder, that are neither a head nor an index."""

        def build(version: VersionLayout) -> None:
            version.index.mkdir()
            version.note_head.write_bytes(b"head %d" % value * 100)
            (version.index / "madhya-Sa.faiss").write_bytes(b"index %d" % value * 100)
            version.report.write_text(f'{{"value": {value}}}', encoding="utf-8")

        return build

    def create(self, value: int, **fields: object) -> str:
        """Make a version with the lock held, and leave the live one as it is."""
        with writer_lock(self.store):
            return create_version(self.store, self.draft(value, **fields), self.build(value))

    def publish(self, value: int) -> str:
        """Make a version with the lock held, and make it live."""
        with writer_lock(self.store):
            return publish(self.store, self.draft(value), self.build(value))

    def live_value(self) -> int:
        """What the live version holds, once it was found sound."""
        version = current_version(self.store)
        assert version is not None
        verify_version(self.store, version)
        return int(json.loads(self.store.version(version).report.read_text())["value"])

    @staticmethod
    def harm(path: Path, what: str = "flipped", place: int | None = None) -> None:
        """Remove a file, make it a byte longer or shorter, or flip a bit: in its middle if not told where."""
        content = bytearray(path.read_bytes())
        if what == "flipped":
            content[len(content) // 2 if place is None else place] ^= 1
        path.write_bytes({"cut": content[:-1], "longer": content + b"\0"}.get(what, content))
        if what == "missing":
            path.unlink()

    def make_read_only(self) -> None:
        """Take everybody the permission to write to the store, the administrator aside."""
        for path in (self.store.folder, *self.store.folder.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)

    def tree(self) -> dict[str, bytes]:
        """Every file of the store and its bytes."""
        folder = self.store.folder
        files = (path for path in sorted(folder.rglob("*")) if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    def half_made(self) -> list[str]:
        """Names of what no finished writer leaves in the store."""
        versions = self.store.versions.iterdir() if self.store.versions.exists() else ()
        strangers = [path.name for path in versions if not is_version_id(path.name)]
        return strangers + [path.name for path in self.store.folder.rglob(".swara-*")]


def _in_child(prepare: Callable[[], object], act: Callable[[], object], mouth: int) -> int:
    try:
        if "faiss" in sys.modules:
            # The threads that it had are not in a child, which would wait for them for ever.
            sys.modules["faiss"].omp_set_num_threads(1)
        prepare()
        act()
    except SwaraError as error:
        os.write(mouth, f"{error}\n".encode())
        return REFUSED
    except BaseException:
        os.write(mouth, traceback.format_exc().encode())
        return BROKEN
    return DONE


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A store that does not exist yet."""
    return Lab(tmp_path)


@pytest.fixture
def as_nobody() -> Callable[[], None]:
    """For a child: give up the rights of the administrator, whom permission bits do not bind.

    It stays the owner: another user could not enter the folder of a run of pytest, which every other run that
    begins meanwhile closes to all but its owner.
    """
    if os.geteuid() != 0:
        return lambda: None
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "capset"):
        pytest.skip("permission bits do not bind root")

    def drop() -> None:
        header, rights = struct.pack("=Ii", _CAPABILITIES_3, 0), ctypes.create_string_buffer(24)
        assert libc.capget(header, rights) == 0
        effective, *others = struct.unpack("=6I", rights.raw)
        left = struct.pack("=6I", effective & ~_DAC_RIGHTS, *others)
        assert libc.capset(header, left) == 0

    return drop


_CAPABILITIES_3, _DAC_RIGHTS = 0x20080522, 0b110
"""Version of the structure, and CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH in its first word."""


class StubTracker(ToneTracker):
    """Counts how often it is asked."""

    name = "stub"
    tracked = 0

    def track(self, clip: Clip, progress: object = None) -> PitchTrack:
        """Track a clip."""
        self.tracked += 1
        return super().track(clip)


class StubEmbedder(ToneEmbedder):
    """Counts how often it is asked; another seed is another embedder."""

    def __init__(self, seed: int = 1) -> None:
        super().__init__()
        self.spec = replace(SPEC, parameters={"seed": seed})
        self.embedded = 0

    def embed(self, clip: Clip) -> Embeddings:
        """Embed a clip."""
        self.embedded += 1
        return super().embed(clip)


class Studio(Lab):
    """A lab with recordings of two singers who sing Sa and Pa, and nothing bundled."""

    SA_HZ = 200.0
    NOTE_S = 0.25

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.sounds = folder / "sounds"
        self.sounds.mkdir()
        self.embedder, self.tracker = StubEmbedder(), StubTracker()
        for take in range(4):
            self.add(f"take {take}", singer=f"singer {take % 2}", detuned_cents=3.0 * take)
        first = load_clip(self.sounds / "take 0.wav", rate_hz=self.embedder.spec.rate_hz)
        self._heard_pa = pool(StubEmbedder().embed(first), self.NOTE_S + 0.05, 2 * self.NOTE_S - 0.05)

    def add(self, name: str, *, singer: str = "singer 0", detuned_cents: float = 0.0) -> Recording:
        """Make a recording of six notes and add it."""
        rate, swaras, labels = 16_000, ["S", "P"] * 3, []
        times_s = np.arange(round(self.NOTE_S * rate)) / rate
        sa_hz = self.SA_HZ * 2 ** (detuned_cents / 1200)
        hz = {"S": sa_hz, "P": 1.5 * sa_hz}
        tones = [0.5 * np.sin(2 * np.pi * hz[swara] * times_s + 0.1) for swara in swaras]
        path = self.sounds / f"{name}.wav"
        soundfile.write(path, np.concatenate(tones), rate, subtype="PCM_16")
        for n, swara in enumerate(swaras):
            labels.append(SwaraLabel(n * self.NOTE_S + 0.05, (n + 1) * self.NOTE_S - 0.05, swara))
        described = (singer, self.SA_HZ, None, tuple(labels), "of no value")
        recording = Recording(str(path), sha256_of(path), *described, synthesized=True)
        append_recordings(self.store.corpus, [recording])
        return recording

    def rebuild(self, **options: object) -> RebuildResult:
        """Rebuild the store."""
        given = {"embedder": self.embedder, "tracker": self.tracker} | options
        return rebuild(self.store.folder, **given)

    def open(self) -> LiveVersion:
        """Open the live version and ask it something."""
        live = open_live(self.store, self.embedder.spec)
        assert live is not None
        assert live.head.predict(self._heard_pa, pitch_evidence(np.full(9, 702.0))).swara == "P"
        near = live.index.nearest(self._heard_pa, "P", count=1)
        assert near[0].item.swara == "P"
        return live

    def files(self, version: str) -> dict[str, bytes]:
        """The files of a version, manifest aside, and their bytes."""
        folder = f"versions/{version}/"
        return {
            path.removeprefix(folder): content
            for path, content in self.tree().items()
            if path.startswith(folder) and not path.endswith("manifest.json")
        }


@pytest.fixture
def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A store that knows four short recordings and has no version yet."""
    monkeypatch.setattr("swara.service.samples.known.pack_recordings", lambda: ())
    return Studio(tmp_path)


@pytest.fixture
def choir(studio: Studio) -> Studio:
    """A store that knows three takes of each of five singers, rightly labelled, and has no version yet."""
    studio.store.corpus.unlink()
    takes = [sing(studio.sounds, singer, take) for singer in range(5) for take in range(3)]
    append_recordings(studio.store.corpus, takes)
    return studio


@pytest.fixture
def learned_at_once(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every rebuild learn what the first one would: fitting takes time and touches no disk."""
    known: list[Learned] = []

    def learn_once(notes: Sequence[LabelledNote], *, seed: int, **options: object) -> Learned:
        if not known:
            known.append(learn(notes, seed=seed, **options))
        return known[0]

    monkeypatch.setattr("swara.service.rebuild.rebuild.learn", learn_once)
