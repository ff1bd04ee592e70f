"""A take is kept: the history's file is opened, brought up to date and written, or one line says why not.

It keeps SQLite's rollback journal: a write-ahead log needs memory that processes share, which disks of the
network do not give, and a file beside it, which a store that may only be read cannot have.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from swara.data.clip import Clip
from swara.data.installation import installed_version
from swara.data.storage.disk import write_atomically
from swara.raga.errors import SwaraError
from swara.service.errors import StoreBusy, StoreDamaged, StoreError, StoreNewer, writing
from swara.service.phrases import encodable
from swara.service.store.layout import Layout
from swara.service.take.report import TakeReport

__all__ = [
    "FIRST_NOTICE",
    "MIGRATIONS",
    "NOT_KEPT",
    "VERDICTS",
    "Kind",
    "add_take",
    "first_notice",
    "is_switched_off",
    "keep_take",
    "reading_history",
    "sound_of",
    "tell",
    "trouble",
    "utc_text",
    "wanted",
    "writing_history",
]

Kind: TypeAlias = Literal["analyze", "live", "upload"]

FIRST_NOTICE = (
    "The figures of each take, not its sound, are kept from now on, in this machine's store alone. See them:"
    " swara history. Keep none: --no-history, or swara history off. Delete them: swara history delete --all"
)
"""Said when the first take of a store is kept, and never again."""

NOT_KEPT = "This take is not kept in the history"

VERDICTS = ("perfect", "in tune", "low", "high", "unsure")
_OFF = {"off", "no", "0", "false"}

_TAKES = """
CREATE TABLE takes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL, digest TEXT NOT NULL, settings TEXT NOT NULL,
    duration_s REAL NOT NULL, steady_s REAL NOT NULL,
    sa_hz REAL NOT NULL, sa_name TEXT NOT NULL, sa_source TEXT NOT NULL, sa_confidence REAL NOT NULL,
    raga TEXT NOT NULL, raga_source TEXT NOT NULL, tuning TEXT NOT NULL,
    perfect_cents REAL NOT NULL, in_tune_cents REAL NOT NULL, preset TEXT NOT NULL,
    perfect REAL, in_tune REAL, low REAL, high REAL, unsure REAL, foreign_share REAL NOT NULL,
    drift_cents_per_minute REAL, drift_cents REAL,
    verdict TEXT NOT NULL, version TEXT,
    UNIQUE (digest, settings)
)"""
_SWARAS = """
CREATE TABLE swaras (
    take INTEGER NOT NULL REFERENCES takes (id) ON DELETE CASCADE, place INTEGER NOT NULL,
    swara TEXT NOT NULL, saptak TEXT NOT NULL, notes INTEGER NOT NULL, duration_s REAL NOT NULL,
    bias_cents REAL NOT NULL, steadiness_cents REAL NOT NULL, in_tune_share REAL NOT NULL,
    PRIMARY KEY (take, place)
) WITHOUT ROWID"""
_REMEMBERED = "CREATE TABLE remembered (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"

_SINGER = "ALTER TABLE takes ADD COLUMN singer TEXT NOT NULL DEFAULT ''"

MIGRATIONS = ((_TAKES, _SWARAS, _REMEMBERED), (_SINGER,))
"""What makes each schema of the one before; its number is ``user_version``. None is changed once released."""

_WAIT_S = 5.0
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGED = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_FIX = "Free space and give yourself permission to write there, or say --no-history"
_DAMAGE_FIX = "Restore it from a backup, or move it away: a new one is then begun"


@contextmanager
def reading_history(store: Layout) -> Iterator[sqlite3.Connection]:
    """Give the history to read; an empty one where none was begun.

    Raises
    ------
    StoreError
        If it cannot be read, is damaged, or comes from a newer swara.
    """
    file = store.history
    with _in_one_line(str(file)):
        begun = file.is_file() and file.stat().st_size > 0
        where = f"{file.resolve().as_uri()}?mode=ro" if begun else ":memory:"
        with closing(_connect(where)) as database:
            if not begun:
                _bring_up_to_date(database, file)
            unfinished = _is_unfinished(database, file)
            if not unfinished:
                yield database
        if unfinished:
            with writing_history(store) as database:
                yield database


@contextmanager
def writing_history(store: Layout) -> Iterator[sqlite3.Connection]:
    """Give the history to write, in one transaction: all of it is kept, or nothing where something is raised.

    Raises
    ------
    StoreError
        If it cannot be written, is damaged, or comes from a newer swara; `StoreBusy` if another process
        writes for longer than 5 s.
    """
    file = store.history
    with writing(store.folder), _in_one_line(str(file)):
        store.folder.mkdir(parents=True, exist_ok=True)
        with closing(_connect(f"{file.resolve().as_uri()}?mode=rwc")) as database:
            database.execute("BEGIN IMMEDIATE")
            try:
                _bring_up_to_date(database, file)
                yield database
            except BaseException:
                if database.in_transaction:  # a full disk has ended it
                    database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")


def _connect(uri: str) -> sqlite3.Connection:
    database = sqlite3.connect(uri, timeout=_WAIT_S, isolation_level=None, uri=uri.startswith("file:"))
    database.row_factory = sqlite3.Row
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("PRAGMA secure_delete = ON")  # what is deleted is not left in the file
    return database


def _version(database: sqlite3.Connection, file: Path) -> int:
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        newer = f"the history has schema {version}, and this swara knows {len(MIGRATIONS)}"
        raise StoreNewer(newer, where=str(file), fix="Install the newest swara, or say --no-history")
    return version


def _bring_up_to_date(database: sqlite3.Connection, file: Path) -> None:
    version = _version(database, file)
    for step in MIGRATIONS[version:]:
        for statement in step:
            database.execute(statement)
    if version < len(MIGRATIONS):
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _is_unfinished(database: sqlite3.Connection, file: Path) -> bool:
    """Tell whether it is older, or a write was broken off, which only a connection that writes takes back."""
    try:
        return _version(database, file) < len(MIGRATIONS)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK:
            return True
        raise


@contextmanager
def _in_one_line(where: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _BUSY:
            busy = "another process writes to the history"
            raise StoreBusy(busy, where=where, fix="Try again later") from error
        if code in _DAMAGED:
            raise StoreDamaged(f"the history is damaged: {error}", where=where, fix=_DAMAGE_FIX) from error
        raise StoreError(f"the history cannot be used: {error}", where=where, fix=_FIX) from error
    except OSError as error:
        raise StoreError(f"the history cannot be used: {error}", where=where, fix=_FIX) from error


def is_switched_off(environment: Mapping[str, str]) -> bool:
    """Tell whether ``SWARA_HISTORY`` says that nothing is to be kept."""
    return environment.get("SWARA_HISTORY", "").strip().casefold() in _OFF


def keep_take(
    store: Layout,
    report: TakeReport,
    kind: Kind,
    environment: Mapping[str, str],
    *,
    sound: Callable[[], Clip | None] | None = None,
    notice: str = FIRST_NOTICE,
    singer: str = "",
) -> str | None:
    """Keep the figures of a take where the singer wants that; never fails.

    Parameters
    ----------
    store : Layout
        Where the history lies; it is begun there if the singer wants one.
    report : TakeReport
        What was found.
    kind : {"analyze", "live", "upload"}
        How it came.
    environment : mapping of str to str
        Whose ``SWARA_HISTORY`` may say that nothing is to be kept.
    sound : callable, optional
        Gives its sound, or None; asked where the singer wants that kept too.
    notice, singer : str
        What is said of the first take; ", not its sound," in it holds where it is not. Whose take it is.

    Returns
    -------
    str or None
        A sentence without full stop to be said: that takes are kept from now on, or why this one is not.
    """
    if is_switched_off(environment):
        return None
    try:
        figures, with_sound = wanted(store)
        if not figures:
            return None
        heard = sound() if with_sound and sound is not None else None
        _, first = add_take(store, report, kind, sound=heard, singer=singer)
    except SwaraError as error:
        return trouble(error)
    return first_notice(notice, sound=heard is not None) if first else None


def first_notice(notice: str, *, sound: bool) -> str:
    """Return what is said of the first take, whose sound is kept or not."""
    return notice.replace(", not its sound,", " and its sound") if sound else notice


def trouble(error: SwaraError) -> str:
    """Return the sentence for a take that cannot be kept."""
    return f"{NOT_KEPT}: {str(error).removesuffix('.')}"


def wanted(store: Layout) -> tuple[bool, bool]:
    """Return whether the singer wants figures kept, and sound."""
    with reading_history(store) as database:
        said = dict(map(tuple, database.execute("SELECT name, value FROM remembered")))
    return said.get("history") != "false", said.get("keep_sound") == "true"


def tell(database: sqlite3.Connection) -> bool:
    """Remember that the singer was told that takes are kept; return whether that is new."""
    return database.execute("INSERT OR IGNORE INTO remembered VALUES ('told', 'true')").rowcount == 1


def add_take(
    store: Layout,
    report: TakeReport,
    kind: Kind,
    *,
    at: datetime | None = None,
    sound: Clip | None = None,
    singer: str = "",
) -> tuple[int, bool]:
    """Keep a take's figures, as `TakeHistory.add` does; return its number, and whether it is the first."""
    with writing_history(store) as database:
        fields = _fields(report, kind, at or datetime.now(UTC)) | {"singer": encodable(singer.strip())}
        number = database.execute(_insert(fields), tuple(fields.values())).fetchone()[0]
        database.execute("DELETE FROM swaras WHERE take = ?", (number,))
        rows = [(number, place, *astuple(each)) for place, each in enumerate(report.per_swara)]
        database.executemany("INSERT INTO swaras VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        if sound is not None:
            store.sounds.mkdir(parents=True, exist_ok=True)
            write_atomically(sound_of(store, number), sound.write_wav)
        return number, tell(database)


def sound_of(store: Layout, number: int) -> Path:
    """Return the path at which the sound of a take lies, if it was kept."""
    return store.sounds / f"{number}.wav"


def utc_text(at: datetime) -> str:
    """Write a time so that those that are later sort later."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _fields(report: TakeReport, kind: Kind, at: datetime) -> dict[str, str | float | None]:
    tonic, limits, drift = report.tonic, report.thresholds, report.drift
    given_hz = None if tonic.source == "estimated" else round(tonic.hz, 2)
    settings = [given_hz, report.raga, report.tuning, limits.perfect_cents, limits.in_tune_cents]
    shares: Mapping[Any, float] = report.verdict_shares
    return {
        "at": utc_text(at),
        "kind": kind,
        "source": encodable(report.source),
        "digest": _digest(report),
        "settings": json.dumps(settings),
        "duration_s": report.duration_s,
        "steady_s": sum(note.steady_s for note in report.notes) if shares else 0.0,
        "sa_hz": tonic.hz,
        "sa_name": tonic.name,
        "sa_source": tonic.source,
        "sa_confidence": tonic.confidence,
        "raga": report.raga,
        "raga_source": report.raga_source,
        "tuning": report.tuning,
        "preset": limits.preset,
        "perfect_cents": limits.perfect_cents,
        "in_tune_cents": limits.in_tune_cents,
        **{name.replace(" ", "_"): shares.get(name) for name in VERDICTS},
        "foreign_share": report.foreign_share,
        "drift_cents_per_minute": None if drift is None else drift.cents_per_minute,
        "drift_cents": None if drift is None else drift.total_cents,
        "verdict": encodable(report.verdict),
        "version": installed_version(),
    }


def _digest(report: TakeReport) -> str:
    """Return what tells one singing from another, whatever file it is in: a digest of its pitch track."""
    track = report.track
    heard = np.stack([np.nan_to_num(track.hz), track.confidence]).round(3) + 0.0
    return hashlib.sha256(heard.astype("<f8").tobytes()).hexdigest()


def _insert(columns: Iterable[str]) -> str:
    """Return the statement that keeps a take; of a known one, number, time and an unsaid singer stay."""
    names = list(columns)
    said = "coalesce(nullif(excluded.singer, ''), takes.singer)"
    values = {name: f"excluded.{name}" for name in names if name != "at"} | {"singer": said}
    anew = ", ".join(f"{name} = {value}" for name, value in values.items())
    places = ", ".join("?" * len(names))
    # The names are those of `_fields`: nothing that comes from outside is in the statement.
    return (
        f"INSERT INTO takes ({', '.join(names)}) VALUES ({places})"  # noqa: S608
        f" ON CONFLICT (digest, settings) DO UPDATE SET {anew} RETURNING id"
    )
