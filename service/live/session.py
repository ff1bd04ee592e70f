"""A singer heard live: samples go in as they come, events come out. No file, no clock, no thread."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from swara.classifier.notes import HeldNote, judge
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.pitch.network import PitchNetwork
from swara.classifier.pitch.stream import LOOKAHEAD_S, PitchStream
from swara.classifier.tonic import given_tonic
from swara.data.audio.decode import MAX_DURATION_S
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import PitchTrack
from swara.raga.errors import SwaraError
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.raga.tonic_names import note_name
from swara.service.phrases import moment

from .drill_attempt import DrillAttempt
from .drill_task import DrillTask
from .events import Event, Frames, LiveNote, Measure, Ready, SaFound, TakeFull
from .listen import Kept, Listener
from .measures import LeakMeter, SungPitch
from .notes import LiveNotes, Sung
from .settings import LiveSettings

__all__ = ["LiveSession"]

_TICK = TRACK_RATE_HZ // 10  # notes are looked for when a multiple of so many samples has come
_REFERENCE_HZ = 55.0


class LiveSession:
    """Samples in, events out.

    What comes out does not depend on how the samples were cut into blocks: to the last bit. One thread at a
    time may use it; sessions of several threads share the network, which takes turns.

    Parameters
    ----------
    settings : LiveSettings
        What is judged against.
    rate_hz : int
        Sample rate of what is pushed, 8000 to 192,000.
    keep_s : float
        How much of the take is kept for a report, in seconds; the singing goes on after it.
    network : PitchNetwork, optional
        The shipped one by default.

    Attributes
    ----------
    settings : LiveSettings
        Those in force.

    Raises
    ------
    AudioError
        If the rate is another.
    """

    def __init__(
        self,
        settings: LiveSettings,
        rate_hz: int = TRACK_RATE_HZ,
        *,
        keep_s: float = MAX_DURATION_S,
        network: PitchNetwork | None = None,
    ) -> None:
        self.settings = settings
        self._listener = Listener(rate_hz)
        self._stream = PitchStream(network, looks_again=True)
        self._notes = LiveNotes()
        self._kept = Kept(round(keep_s * TRACK_RATE_HZ))
        self._held: list[tuple[int, HeldNote]] = []
        self._sa_hz: float | None = None
        self._find_sa()
        self._samples = 0
        self._measure: SungPitch | LeakMeter | None = None
        self._kind: Measure = "nothing"
        self._attempt: DrillAttempt | None = None
        self._told_full = self._finished = False

    @property
    def sa_hz(self) -> float | None:
        """Sa in Hz; None where it is not known. Its octave follows the voice where it was given without."""
        return self._sa_hz

    @property
    def heard_s(self) -> float:
        """How much was heard, in seconds."""
        return self._samples / TRACK_RATE_HZ

    @property
    def clip(self) -> Clip:
        """The take so far, at 16 kHz: what a report is made of.

        Raises
        ------
        AudioError
            If nothing was heard.
        """
        return Clip(self._kept.samples(), TRACK_RATE_HZ)

    def ready(self) -> Ready:
        """Return what is judged against."""
        settings = self.settings
        return Ready(
            lanes=settings.lanes(),
            sa_hz=self._sa_hz,
            sa_name=None if self._sa_hz is None else note_name(self._sa_hz),
            raga=settings.raga.display,
            tuning=settings.tuning.name,
            preset=settings.thresholds.preset,
            lookahead_ms=round(1000.0 * LOOKAHEAD_S),
            warnings=() if self._sa_hz else ("Sa is not known yet: no note is named until it is",),
        )

    def push(self, samples: npt.NDArray[np.float32]) -> tuple[Event, ...]:
        """Take samples in.

        Parameters
        ----------
        samples : float32 array, shape [n] or [n, channels]
            What came since the last push; may be empty.

        Returns
        -------
        tuple of Event
            What there is to tell, in order of time.

        Raises
        ------
        AudioError
            If they are no sound of 1 to 32 channels; the session is then as it was.
        ValueError
            If the session is finished.
        """
        return tuple(self.hear(samples))

    def hear(self, samples: npt.NDArray[np.float32]) -> Iterator[Event]:
        """Take samples in as `push` does, and tell each event as soon as it is known.

        The line comes before its notes are looked for, which takes ten times as long: who draws it need not
        wait. All of it is to be taken before the next samples are given.
        """
        self._refuse_after_the_end()
        mono, levels = self._listener.hear(self._listener.check(samples))
        yield from levels
        yield from self._advance(mono)

    def change(self, settings: LiveSettings) -> tuple[Event, ...]:
        """Judge against something else from now on, and all notes that were sung.

        Returns
        -------
        tuple of Event
            `Ready`, then each note anew under its number.
        """
        self.settings = settings
        self._sa_hz = None
        self._find_sa()
        judged = [self._judged(number, held, final=True) for number, held in self._held]
        notes = [note for note in judged if note is not None]
        attempt = self._attempt
        if attempt is not None:
            fits = self._sa_hz and all(settings.raga.allows(s.pitch[0].index) for s in attempt.task.steps)
            self._attempt = attempt if fits else None
            for note in notes:
                attempt.hear(note)
        return (self.ready(), *notes)

    def measure(self, kind: Measure) -> None:
        """Listen for something from now on; the answer comes as an event.

        Parameters
        ----------
        kind : {"sa", "pa", "drone", "nothing"}
            Sa, sung for 3 s, answered by `SaFound`; Pa, by `Fifth`; the tanpura that the client plays while
            nobody sings, by `Leak`; or what was asked for is no longer wanted.

        Raises
        ------
        ValueError
            If it is none of these, or Pa and Sa is not known.
        """
        if kind not in ("sa", "pa", "drone", "nothing"):
            raise ValueError(f"nothing called {kind!r} can be measured")
        if kind == "pa" and self._sa_hz is None:
            raise ValueError("Pa is measured from Sa, which is not known")
        self._kind = kind
        if kind == "drone":
            self._measure = LeakMeter(self._notes.room_db, self._notes.loudness.loud_db)
        else:
            self._measure = None if kind == "nothing" else SungPitch(self._samples)

    def drill(self, task: DrillTask | None, since_s: float | None = None) -> None:
        """Listen for an attempt at a task from now on; `DrillResult` comes when it is over.

        Parameters
        ----------
        task : DrillTask or None
            What is to be sung, instead of any before; None if nothing is. A raga that lacks its swaras, and
            a Sa that is no longer known, end it without a result.
        since_s : float, optional
            Notes from then on count too, in seconds from the first sample; those from now on, if not given.

        Raises
        ------
        SwaraError
            If Sa is not known.
        """
        if task is not None and self._sa_hz is None:
            raise SwaraError("Sa is not known", where="drill", fix="Give it, or have it found")
        self._attempt = (
            None if task is None else DrillAttempt(task, self.heard_s if since_s is None else since_s)
        )

    def finish(self) -> tuple[Event, ...]:
        """Return what is left, as though silence followed; nothing can be pushed afterwards.

        Raises
        ------
        ValueError
            If the session is finished already.
        """
        self._refuse_after_the_end()
        events: list[Event] = list(self._advance(self._listener.finish()))
        self._finished = True
        track = self._stream.finish()
        self._notes.hear(np.zeros(_TICK, np.float32))
        events += self._frames(track)
        return (*events, *self._drilled(ended=True))

    def _refuse_after_the_end(self) -> None:
        if self._finished:
            raise ValueError("the session is finished: start another one")

    def _advance(self, samples: Samples) -> Iterator[Event]:
        """Go on through samples, up to each tick at a time."""
        while samples.size:
            part, samples = np.split(samples, [_TICK - self._samples % _TICK])
            yield from self._advance_within_a_tick(part)

    def _advance_within_a_tick(self, samples: Samples) -> Iterator[Event]:
        self._samples += samples.size
        self._kept.add(samples)
        self._notes.hear(samples)
        track = self._stream.push(samples)
        yield from self._frames(track)
        if self._measure is not None and self._measure.hear(samples, track):
            yield self._measured()
        if self._samples % _TICK == 0:
            yield from self._drilled()
        if self._kept.is_full and not self._told_full:
            self._told_full = True
            kept_s = self._kept.count / TRACK_RATE_HZ
            yield TakeFull(kept_s, f"The take is full: its first {moment(kept_s)} are kept; singing goes on")

    def _frames(self, track: PitchTrack) -> Iterator[Frames]:
        if len(track):
            cents = track.cents(self._sa_hz or _REFERENCE_HZ)
            known: Literal["sa", "55hz"] = "sa" if self._sa_hz else "55hz"
            yield Frames(float(track.times_s[0]), track.hz, track.confidence, cents, track.voiced, known)

    def _drilled(self, *, ended: bool = False) -> Iterator[Event]:
        """Look for notes, and in them for the end of an attempt."""
        for event in self._told(ended=ended):
            if self._attempt is not None and isinstance(event, LiveNote):
                self._attempt.hear(event)
            yield event
        if self._attempt is not None and self._attempt.is_over(self.heard_s, ended=ended):
            attempt, self._attempt = self._attempt, None
            yield attempt.result(self.heard_s, self.settings.tuning)

    def _told(self, *, ended: bool = False) -> Iterator[Event]:
        """Look for notes in what the second look has found since the last tick."""
        for sung in self._notes.advance(self._stream.settled(), ended=ended):
            yield from self._note(sung)

    def _note(self, sung: Sung) -> Iterator[Event]:
        if sung.held is None:
            yield LiveNote(
                sung.id, 0.0, 0.0, 0.0, "", "", "", None, "unsure", False, final=True, withdrawn=True
            )
            return
        if sung.final:
            self._held.append((sung.id, sung.held))
            before = self._sa_hz
            if self._find_sa() and before is not None:
                name = note_name(self._sa_hz or before)
                yield SaFound(self._sa_hz, name, 1.0, f"By your voice, Sa is {name}")
                yield from self.change(self.settings)
                return
        note = self._judged(sung.id, sung.held, final=sung.final)
        if note is not None:
            yield note

    def _find_sa(self) -> bool:
        """Look where Sa is; tell whether it moved. Given without an octave, it goes with the voice."""
        tonic, before = self.settings.parsed_tonic, self._sa_hz
        if tonic is not None and (self._sa_hz is None or not tonic.has_octave):
            self._sa_hz = given_tonic(tonic, [held for _, held in self._held]).hz
        return self._sa_hz != before

    def _judged(self, number: int, held: HeldNote, *, final: bool) -> LiveNote | None:
        """Name a note and judge it; None where Sa is not known."""
        if self._sa_hz is None:
            return None
        note = judge(held, self.settings.standard(self._sa_hz))
        swara, saptak = note.called
        unsure = note.verdict == "unsure"
        return LiveNote(
            id=number,
            start_s=note.start_s,
            end_s=note.end_s,
            steady_s=note.steady_s,
            swara=swara,
            saptak=saptak,
            letter=swara_letter(*parse_swara(f"{saptak} {swara}")),
            cents_off=None if unsure else note.raga_cents_off,
            verdict=note.verdict,
            foreign=note.foreign,
            final=final,
        )

    def _measured(self) -> Event:
        measure, kind = self._measure, self._kind
        self._measure, self._kind = None, "nothing"
        if isinstance(measure, LeakMeter):
            return measure.result()
        assert measure is not None
        if kind == "pa" and self._sa_hz is not None:
            return measure.as_pa(self._sa_hz)
        return measure.as_sa()
