"""The takes that were sung so far: a summary of each, kept, listed and deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from swara.data.clip import Clip
from swara.raga.errors import SwaraError, fold_name, nearest_names
from swara.service.errors import StoreError
from swara.service.phrases import encodable
from swara.service.store.layout import Layout
from swara.service.take.report import SwaraStats, TakeReport

from .keeping import (
    FIRST_NOTICE,
    VERDICTS,
    Kind,
    add_take,
    first_notice,
    is_switched_off,
    reading_history,
    sound_of,
    tell,
    trouble,
    utc_text,
    wanted,
    writing_history,
)

__all__ = ["KeptTake", "TakeHistory", "begin_history", "singer_key"]


@dataclass(frozen=True, slots=True)
class KeptTake:
    """What is kept of a take; figures are those of `TakeReport`.

    Parameters
    ----------
    id : int
        Its number, which is never used again.
    at : datetime
        When it was first judged, in UTC.
    kind : {"analyze", "live", "upload"}
        How it came.
    source : str
        Name of the recording.
    digest : str
        The same for the same singing, whatever file it is in.
    duration_s, steady_s : float
        Length of the take, and of the steady notes in it, in seconds.
    sa_hz, sa_name, sa_source, sa_confidence : float and str
        The Sa that it was judged against.
    raga, raga_source, tuning, preset : str
        What else it was judged against.
    perfect_cents, in_tune_cents : float
        The limits of the two good verdicts.
    verdict_shares : mapping of str to float
        Empty where no note was found.
    foreign_share : float
        Share of the steady time outside the raga.
    drift_cents_per_minute, drift_cents : float or None
        How Sa moved.
    verdict : str
        One sentence.
    version : str or None
        Of the swara that judged it.
    per_swara : tuple of SwaraStats
        In order of pitch.
    singer : str
        Whose take it is; empty where nobody said.
    """

    id: int
    at: datetime
    kind: Kind
    source: str
    digest: str
    duration_s: float
    steady_s: float
    sa_hz: float
    sa_name: str
    sa_source: str
    sa_confidence: float
    raga: str
    raga_source: str
    tuning: str
    preset: str
    perfect_cents: float
    in_tune_cents: float
    verdict_shares: Mapping[str, float]
    foreign_share: float
    drift_cents_per_minute: float | None
    drift_cents: float | None
    verdict: str
    version: str | None
    per_swara: tuple[SwaraStats, ...]
    singer: str = ""

    @property
    def judged_share(self) -> float:
        """Share of the steady time that was judged: not what was unsure."""
        return sum(share for verdict, share in self.verdict_shares.items() if verdict != "unsure")

    @property
    def in_tune_share(self) -> float | None:
        """Share of what was judged that is perfect or in tune, as the report says; None where nothing was."""
        good = sum(self.verdict_shares.get(each, 0.0) for each in ("perfect", "in tune"))
        return good / self.judged_share if self.judged_share else None


class TakeHistory:
    """The history in a store.

    Parameters
    ----------
    store : Layout
        Where it lies; neither it nor the file need exist.
    """

    def __init__(self, store: Layout) -> None:
        self.store = store

    def add(
        self,
        report: TakeReport,
        kind: Kind,
        *,
        at: datetime | None = None,
        sound: Clip | None = None,
        singer: str = "",
    ) -> tuple[int, bool]:
        """Keep the figures of a take; the same singing under the same settings takes its old place.

        Parameters
        ----------
        report : TakeReport
            What was found.
        kind : {"analyze", "live", "upload"}
            How it came.
        at : datetime, optional
            When, with a time zone; now if left out. A take that was known keeps its own.
        sound : Clip, optional
            Its sound, where the singer wants that kept.
        singer : str
            Whose take it is; where nobody says, whose it was.

        Returns
        -------
        number : int
            Its number, by which it is deleted.
        first : bool
            Whether it is the first that was ever kept here.

        Raises
        ------
        StoreError
            If it cannot be written.
        OutputError
            If its sound cannot be.
        """
        return add_take(self.store, report, kind, at=at, sound=sound, singer=singer)

    def takes(
        self, *, raga: str | None = None, since: datetime | None = None, singer: str | None = None
    ) -> tuple[KeptTake, ...]:
        """Return what is kept, the oldest first.

        Parameters
        ----------
        raga : str, optional
            Display name of the raga that they were judged against; all if left out.
        since : datetime, optional
            With a time zone: none that is older.
        singer : str, optional
            Whose they are, whatever its capitals; everybody's if left out.

        Raises
        ------
        StoreError
            If it cannot be read, or no take of that singer is kept.
        """
        begin = "" if since is None else utc_text(since)
        with reading_history(self.store) as database:
            takes = database.execute(
                "SELECT * FROM takes WHERE at >= ? AND (? IS NULL OR raga = ?) ORDER BY at, id",
                (begin, raga, raga),
            ).fetchall()
            if singer is not None:
                _check_singer(singer, database)
                takes = [row for row in takes if singer_key(row["singer"]) == singer_key(singer)]
            swaras: dict[int, list[SwaraStats]] = {row["id"]: [] for row in takes}
            for take, _, *figures in database.execute("SELECT * FROM swaras ORDER BY take, place"):
                if take in swaras:
                    swaras[take].append(SwaraStats(*figures))
            return tuple(_kept(row, swaras[row["id"]]) for row in takes)

    def delete(self, number: int | None = None) -> int:
        """Delete a take and its sound, or all of them; return how many there were.

        Raises
        ------
        StoreError
            If there is none of that number, or it cannot be written.
        """
        if number is None and not self.store.history.exists():
            return 0
        with writing_history(self.store) as database:
            rows = database.execute("DELETE FROM takes WHERE ?1 IS NULL OR id = ?1 RETURNING id", (number,))
            gone = [row[0] for row in rows]
            if number is not None and not gone:
                raise StoreError(f"no take {number} is kept", fix="List them with: swara history")
            for each in gone:
                sound_of(self.store, each).unlink(missing_ok=True)
        return len(gone)


def singer_key(name: str) -> str:
    """Return the same for the same singer, whatever the capitals; empty where nobody is named."""
    name = encodable(name.strip())
    return fold_name(name) or name  # of "-" nothing is left


def _check_singer(name: str, database: sqlite3.Connection) -> None:
    """See that any take of that singer is kept."""
    rows = database.execute("SELECT DISTINCT singer FROM takes WHERE singer != ''")
    names = {singer_key(each): each for (each,) in rows}
    if singer_key(name) not in names:
        fix = nearest_names(name, names) if names else "Say who sings with: swara analyze TAKE --singer NAME"
        raise StoreError(f'no take of "{name}" is kept', where="--singer", fix=fix)


def _kept(row: sqlite3.Row, swaras: Sequence[SwaraStats]) -> KeptTake:
    columns = {name.replace(" ", "_"): name for name in VERDICTS}
    fields = {name: row[name] for name in row.keys() if name != "settings" and name not in columns}  # noqa: SIM118
    shares = {name: row[column] for column, name in columns.items() if row[column] is not None}
    at = datetime.fromisoformat(fields.pop("at"))
    return KeptTake(**fields, at=at, verdict_shares=shares, per_swara=tuple(swaras))


def begin_history(store: Layout, environment: Mapping[str, str], notice: str = FIRST_NOTICE) -> str | None:
    """Tell a singer whose take is about to be judged what `keep_take` would tell; never fails.

    Parameters
    ----------
    store : Layout
        Where the history lies; it is begun there if the singer wants one.
    environment : mapping of str to str
        Whose ``SWARA_HISTORY`` may say that nothing is to be kept.
    notice : str
        What is said once, when the first take is kept; ", not its sound," in it holds where it is not.

    Returns
    -------
    str or None
        A sentence without full stop to be said: that takes are kept from now on, or why they cannot be.
    """
    if is_switched_off(environment):
        return None
    try:
        figures, sound = wanted(store)
        if not figures:
            return None
        with writing_history(store) as database:
            first = tell(database)
    except SwaraError as error:
        return trouble(error)
    return first_notice(notice, sound=sound) if first else None
