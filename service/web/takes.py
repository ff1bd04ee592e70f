"""The takes of one run: their sound in a private folder, their reports, and what was asked of each."""

from __future__ import annotations

import json
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from swara.data.errors import OutputError
from swara.data.storage.disk import writing
from swara.raga.errors import SwaraError
from swara.service.phrases import encodable, printable

from .stored import Stored

if TYPE_CHECKING:
    from swara.data.clip import Clip
    from swara.service.adviser.adviser import LiveModel
    from swara.service.live import LiveSettings
    from swara.service.take.heard import HeardTake
    from swara.service.take.report import TakeReport

    from .compare_routes import Guru

__all__ = [
    "MOST_TAKES",
    "Judged",
    "NoSuchTake",
    "Take",
    "Takes",
    "new_id",
    "parse_object",
    "read_settings",
    "shown_name",
    "sound_of",
]

MOST_TAKES = 200
"""Takes that one run keeps; twenty minutes of one are 77 MB on the disk."""

_MOST_NAME = 120
_SETTINGS = ("tonic", "raga", "swaras", "tuning", "preset")

Source: TypeAlias = Literal["sung", "uploaded"]


class NoSuchTake(SwaraError):
    """No take of that id is kept in this run."""


def read_settings(values: object, store: Path) -> LiveSettings:
    """Read what a take is judged against, as the page sends it; the learned tuning is that of `store`.

    Raises
    ------
    SwaraError
        If it is no object, or a value means nothing.
    """
    from swara.service.live import parse_settings

    if not isinstance(values, Mapping):
        raise SwaraError("this is no object", where="settings", fix='Send such as {"tonic": "C#3"}')
    learned = None
    if str(values.get("tuning")).strip().casefold() == "learned":
        from swara.service.rebuild.targets import learned_tuning
        from swara.service.store import Layout

        learned = learned_tuning(Layout(store))
    return parse_settings(values, learned=learned)


class Judged(NamedTuple):
    """A report, and what it was judged against."""

    report: TakeReport
    settings: LiveSettings


@dataclass(slots=True, eq=False)
class Take:
    """A take of this run.

    Parameters
    ----------
    id : str
        16 hex digits.
    name : str
        What reports call it, fit to print; never a path.
    source : {"sung", "uploaded"}
        Where it comes from.
    file : Path
        Its sound, in the private folder of the run, under a name of ours.
    asked : dict
        The settings that it is judged against, as they were sent.
    at : datetime
        When it came, in UTC.
    """

    id: str
    name: str
    source: Source
    file: Path
    asked: dict[str, Any]
    at: datetime
    duration_s: float | None = None
    error: SwaraError | None = None
    heard: HeardTake | None = None
    judged: Judged | None = None
    model: LiveModel | None = None
    doubts: tuple[str, ...] = ()
    notice: str | None = None
    corrected: bool = False
    guru: Guru | None = None
    turn: Any = field(default_factory=Lock)

    def summary(self) -> dict[str, Any]:
        """Return what the list of takes says of it."""
        return {
            "id": self.id,
            "name": self.name,
            "source": self.source,
            "at": self.at.isoformat(timespec="seconds"),
            "duration_s": self.duration_s,
            "settings": self.asked,
            "notice": self.notice or None,
            "error": None if self.error is None else str(self.error),
        }


class Takes:
    """The takes of one run, in a folder that nobody else may read and that goes with the run.

    Parameters
    ----------
    store : Path
        Folder of the store, whose samples are asked about each note.
    environment : mapping of str to str, optional
        Says whether the history is switched off; without it none is kept.

    Attributes
    ----------
    ending : bool
        Whether the run ends: what is sung till now is then left where it is.
    """

    def __init__(self, store: Path, environment: Mapping[str, str] | None = None) -> None:
        self.store, self.stored = store, Stored(store, environment)
        self.folder = Path(tempfile.mkdtemp(prefix="swara-"))  # mode 0700
        self._takes: dict[str, Take] = {}
        self._rescued: dict[Path, None] = {}
        self.ending = False

    def close(self) -> list[Path]:
        """Remove the folder with all that is in it but takes that were cut short; return where those are."""
        self.stored.close()
        if not self._rescued:
            shutil.rmtree(self.folder, ignore_errors=True)
        for take in self._takes.values():
            if take.file not in self._rescued:
                shutil.rmtree(take.file.parent, ignore_errors=True)
        return list(self._rescued)

    def rescue(self, take: Take) -> None:
        """Leave a take where it is when the run ends: the singer did not end it."""
        self._rescued[take.file] = None

    def all(self) -> list[Take]:
        """List the takes, the newest first."""
        return list(self._takes.values())[::-1]

    def get(self, take_id: str) -> Take:
        """Return a take; raises `NoSuchTake`."""
        take = self._takes.get(take_id)
        if take is None:
            raise NoSuchTake("no take of that name is kept in this run", fix="Sing or upload it again")
        return take

    def remove(self, take_id: str) -> None:
        """Forget a take, and remove its sound; raises `NoSuchTake`."""
        take = self.get(take_id)
        with take.turn:  # whoever judges it ends first
            self._takes.pop(take_id, None)
            shutil.rmtree(take.file.parent, ignore_errors=True)

    def refuse_more(self) -> None:
        """Raise `SwaraError` where no further take is kept."""
        if len(self._takes) >= MOST_TAKES:
            raise SwaraError(f"{MOST_TAKES} takes are kept in one run", fix="Remove some of them first")

    @contextmanager
    def arriving(
        self, source: Source, name: str, asked: Mapping[str, Any], take_id: str | None = None
    ) -> Iterator[Take]:
        """Give a place to a take whose file is written within; it is kept if nothing is raised there.

        Raises
        ------
        OutputError
            If there is no room for it.
        """
        self.refuse_more()
        take_id = take_id or new_id()
        folder = self.folder / take_id
        settings = {key: asked[key] for key in _SETTINGS if key in asked}
        take = Take(take_id, name, source, folder / "take.wav", settings, datetime.now(UTC))
        with writing(Path(name), "the take cannot be kept", elsewhere=""):
            folder.mkdir(mode=0o700)
            try:
                yield take
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        self._takes[take_id] = take

    def keep_sung(self, clip: Clip, asked: Mapping[str, Any], take_id: str) -> Take:
        """Write what was sung as a WAV file of float32, and keep it; raises `OutputError`.

        The history is begun for it, so that its singer can be told at once; its figures follow the report.
        """
        with self.arriving("sung", "take.wav", asked, take_id) as take:
            try:
                clip.write_wav(take.file)
            except OSError as error:
                raise OutputError(f"the take cannot be kept: {error}", fix="Free some space") from error
            take.duration_s = clip.duration_s
        take.notice = self.stored.begin_history() or ""
        if self.ending:
            self.rescue(take)
        return take

    def hear(self, take: Take) -> HeardTake:
        """Decode a take and hear it, once; threads take turns.

        Raises
        ------
        SwaraError
            If it is none that can be heard; the take then says so too, by the name that its singer gave it.
        """
        with take.turn:
            if take.heard is None:
                take.heard = self._heard(take)
            return take.heard

    def _heard(self, take: Take) -> HeardTake:
        from swara.classifier.pitch.head import pitch_tracker
        from swara.data.audio.decode import decode
        from swara.service.take.heard import hear

        try:
            decoded = decode(take.file)
        except SwaraError as error:
            take.error = type(error)(error.what, where=take.name, fix=error.fix)
            raise take.error from error
        take.duration_s = decoded.clip.duration_s
        model, take.doubts = self.stored.model()
        take.model = None if model is None else model.about(take.file, decoded)
        return hear(
            decoded.clip,
            pitch_tracker("head"),
            level=decoded.level,
            warnings=decoded.warnings,
            listener=take.model,
        )

    def judge(self, take: Take, asked: Mapping[str, Any] | None = None) -> Judged:
        """Return the report of a take: at once where it was heard, whatever else is asked of it now.

        Raises
        ------
        SwaraError
            If it cannot be heard, or what is asked means nothing.
        """
        from swara.service.take.analyze import judge_take

        if asked is None and take.judged is not None:
            return take.judged
        settings = read_settings(take.asked if asked is None else asked, self.store)
        heard = self.hear(take)
        report = judge_take(
            heard, settings.request, source=take.name, warnings=take.doubts, adviser=take.model
        )
        take.judged = judged = Judged(report, settings)
        kind: Literal["live", "upload"] = "live" if take.source == "sung" else "upload"
        if take.notice is None:
            take.notice = self.stored.remember(report, kind, lambda: sound_of(take)) or ""
        else:
            self.stored.remember_later(report, kind, lambda: sound_of(take))
        if asked is not None:
            take.asked = {key: asked[key] for key in _SETTINGS if key in asked}
        return judged


def parse_object(text: str | bytes) -> Mapping[str, Any]:
    """Read the JSON object that was sent; raises `SwaraError` where it is none."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SwaraError("what was sent is no JSON") from error
    if not isinstance(said, Mapping):
        raise SwaraError("what was sent is no JSON object")
    return said


def new_id() -> str:
    """Return an id that nobody can guess, 16 hex digits."""
    return secrets.token_hex(8)


def shown_name(given: str) -> str:
    """Return a file's name as the page may show it: its last part, printable, not too long, never empty."""
    name = printable(encodable(given)).replace("\\", "/").rstrip("/").rpartition("/")[2].strip()
    if len(name) > _MOST_NAME:
        stem, _, suffix = name.rpartition(".")
        name = f"{(stem or name)[: _MOST_NAME - 8]}….{suffix[:6]}"
    return name if name.strip(". ") else "take"


def sound_of(take: Take) -> Clip:
    """Return what was heard of a take; raises `SwaraError`."""
    from swara.data.audio.decode import load_clip

    return load_clip(take.file)
