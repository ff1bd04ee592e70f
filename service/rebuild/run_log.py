"""What a scheduler is told of one run: a line of JSON for each stage, and figures for Prometheus."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from swara.data.errors import OutputError
from swara.data.storage.disk import write_bytes
from swara.service.errors import StoreError
from swara.service.store import Layout, Manifest, read_manifest
from swara.service.store.manifest import code_version
from swara.service.versions.info import known_live

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from .result import RebuildResult

__all__ = ["EMBEDDED", "FAILED", "OUTCOMES", "RunLog", "run_id"]

FAILED = "failed"
EMBEDDED = "embedded"
"""What comes of a share."""
OUTCOMES = ("promoted", "nothing new", "rejected", FAILED)
"""What may come of a run."""

_FAILURE_CODE = 1

_Line: TypeAlias = Callable[[Mapping[str, Any]], object]


def run_id(environment: Mapping[str, str]) -> str:
    """Return the id of this run: ``SWARA_RUN_ID``, by which a scheduler finds it again, else one made up."""
    made_up = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    return environment.get("SWARA_RUN_ID", "").strip() or made_up


class RunLog:
    """One run of ``swara rebuild``, as machines see it.

    Parameters
    ----------
    store : Layout
        The store that is rebuilt.
    run : str
        Id of the run.
    line : callable, optional
        Called with each line: JSON values by their names.
    metrics : Path, optional
        The file of figures, in the text format of Prometheus; written at the end of the run, whatever comes
        of it, and never half.
    """

    def __init__(
        self, store: Layout, run: str, line: _Line | None = None, metrics: Path | None = None
    ) -> None:
        self._store, self.run, self._line, self._metrics = store, run, line, metrics
        self._began_s = time.monotonic()
        self._stages: dict[str, float] = {}
        self._known: int | None = None

    def stage(self, name: str, facts: Mapping[str, Any]) -> None:
        """Tell of a stage that is over; what `Stages` reports to."""
        self._stages[name] = facts["seconds"]
        self._known = facts.get("recordings", self._known)
        self._tell(name, facts)

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Tell of what is raised inside, which passes through."""
        try:
            yield
        except Exception as error:
            self._tell("end", {"outcome": FAILED, "exit_code": _FAILURE_CODE, "error": str(error)})
            with suppress(Exception):  # what is raised counts, not what it hinders
                self._write(FAILED, _FAILURE_CODE, None)
            raise

    def ended(self, result: RebuildResult, warnings: Sequence[str], code: int) -> tuple[str, ...]:
        """Tell what came of the run, and return what the user must know.

        Figures that cannot be written are one of the warnings: the night's work is done all the same.

        Parameters
        ----------
        result : RebuildResult
            What it did.
        warnings : sequence of str
            From before it, as sentences without full stop.
        code : int
            What the program ends with.

        Returns
        -------
        tuple of str
            `warnings`, and that the figures could not be written where that is so.
        """
        try:
            self._write(result.outcome, code, result)
        except OutputError as error:
            warnings = (*warnings, f"the figures of this run were not written: {error}")
        facts = {
            "outcome": result.outcome,
            "exit_code": code,
            "live": result.version or None,
            "candidate": result.candidate,
            "reasons": list(result.reasons),
            "warnings": [*warnings, *result.warnings],
        }
        self._tell("end", facts)
        return tuple(warnings)

    def embedded(self, warnings: Sequence[str]) -> None:
        """Tell that a share is embedded, which makes no version."""
        self._tell("end", {"outcome": EMBEDDED, "exit_code": 0, "warnings": list(warnings)})

    def _passed_s(self) -> float:
        return time.monotonic() - self._began_s

    def _tell(self, stage: str, facts: Mapping[str, Any]) -> None:
        if self._line is None:
            return
        of = {"stage": stage, "at": datetime.now(UTC).isoformat(timespec="milliseconds"), "run": self.run}
        self._line({**of, "swara": code_version(), "total_seconds": round(self._passed_s(), 3), **facts})

    def _write(self, outcome: str, code: int, result: RebuildResult | None) -> None:
        if self._metrics is None:
            return
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry()
        ended_s = time.time()
        self._of_the_run(registry, outcome, code, ended_s)
        if result is not None:
            _of_the_gate(registry, result)
        with suppress(StoreError, OSError):  # one that cannot be read has no figures, which an alert can tell
            live = known_live(self._store) if self._store.is_store else None
            if live is not None:
                _of_the_live(registry, live, read_manifest(self._store, live), ended_s)
        # The collector of Prometheus reads whatever is called .prom, half-written or not.
        write_bytes(self._metrics, generate_latest(registry), suffix=".part")

    def _of_the_run(self, registry: CollectorRegistry, outcome: str, code: int, ended_s: float) -> None:
        _gauge(registry, "rebuild_exit_code", "What the last run ended with.", code)
        _gauge(registry, "rebuild_end_timestamp_seconds", "When the last run ended.", ended_s)
        _gauge(registry, "rebuild_duration_seconds", "How long the last run took.", self._passed_s())
        by_outcome = [((each,), float(each == outcome)) for each in OUTCOMES]
        _gauges(registry, "rebuild_outcome", "1 for what came of the last run.", ("outcome",), by_outcome)
        stages = [((name,), seconds) for name, seconds in self._stages.items()]
        _gauges(registry, "rebuild_stage_seconds", "How long each stage took.", ("stage",), stages)
        if self._known is not None:
            _gauge(registry, "samples_known", "Recordings known, those of the package too.", self._known)


def _of_the_gate(registry: CollectorRegistry, result: RebuildResult) -> None:
    gate = result.gate
    passed = float(gate.get("promoted", True))
    _gauge(registry, "gate_passed", "1 if the version examined last was found no worse.", passed)
    _gauge(registry, "gate_reasons", "How many scores of it fell too far.", len(gate.get("reasons", ())))
    scores = [
        ((name, whose), score["share"])
        for whose, part in (("new", "scores"), ("live before", "live"))
        for name, score in (gate.get(part) or {}).items()
    ]
    words = "Scores of the version examined last, and of the one live before; 0 to 1."
    _gauges(registry, "gate_score", words, ("score", "version"), scores)


def _of_the_live(registry: CollectorRegistry, live: str, manifest: Manifest, ended_s: float) -> None:
    made_s = datetime.fromisoformat(manifest.made_at).timestamp()
    _gauge(registry, "live_version_timestamp_seconds", "When the live version was made.", made_s)
    _gauge(registry, "live_version_age_seconds", "Its age as the last run ended.", ended_s - made_s)
    named = [((live, manifest.embedder.name), 1.0)]
    _gauges(registry, "live_version_info", "Its id, and what it hears by.", ("version", "embedder"), named)
    saw = manifest.metrics.get("learned_from", {})
    _gauge(registry, "live_samples", "Recordings that it learned from.", saw.get("recordings", 0))
    _gauge(registry, "live_notes", "Labelled notes in them.", saw.get("notes", 0))
    scores = [((name,), score["share"]) for name, score in manifest.gate["scores"].items()]
    _gauges(registry, "live_score", "Scores of the live version as it was made; 0 to 1.", ("score",), scores)


def _gauge(registry: CollectorRegistry, name: str, words: str, value: float) -> None:
    _gauges(registry, name, words, (), [((), value)])


def _gauges(
    registry: CollectorRegistry,
    name: str,
    words: str,
    labels: Sequence[str],
    values: Iterable[tuple[tuple[str, ...], float]],
) -> None:
    from prometheus_client import Gauge

    gauge = Gauge(f"swara_{name}", words, labels, registry=registry)
    for of, value in values:
        (gauge.labels(*of) if of else gauge).set(value)
