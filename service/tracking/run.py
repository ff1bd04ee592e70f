"""A run in MLflow, where somebody asked for one; whatever becomes of its server, the training goes on.

Every call is made in a thread of its own, within a time. The first that fails, or takes longer, is told in a
line, and from then on nothing more is tried.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from swara.data.installation import install_command, requirements
from swara.service.stages import Journal
from swara.service.tracking.serving import interface

__all__ = ["CHALLENGER", "CHAMPION", "Run", "follow_decision", "tracked"]

CHAMPION, CHALLENGER = "champion", "challenger"
"""Aliases in the registry: what answers, and what was made last and does not."""

Notice: TypeAlias = Callable[[str], None]

_VERSION_TAG = "swara_version"
_WITHIN_S = {"sqlite": 300.0}
"""How long a call may take; the first into a new database makes its tables: 8 s, or 32 on a busy machine."""
_ELSEWHERE_WITHIN_S = 20.0

_SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # nothing goes to anybody but the server that was named
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",
}


@contextmanager
def tracked(store: Path, name: str, environment: Mapping[str, str], notice: Notice) -> Iterator[Run]:
    """Yield a journal that is kept in MLflow as a run, as far as that can be had.

    Parameters
    ----------
    store : Path
        Holds the database where ``MLFLOW_TRACKING_URI`` names no server.
    name : str
        Of the run.
    environment : mapping of str to str
        ``MLFLOW_TRACKING_URI`` and ``MLFLOW_EXPERIMENT_NAME`` count.
    notice : callable
        Told, in a line, why nothing is kept.

    Raises
    ------
    BaseException
        Whatever is raised inside; the run is then marked as failed, or as killed by the user.
    """
    run = Run(store, environment, notice)
    run.begin(name)
    try:
        yield run
    except BaseException as error:
        run.end("FAILED" if isinstance(error, Exception) else "KILLED", str(error))
        raise
    run.end("FINISHED")


def follow_decision(
    store: Path, kind: str, version: str | None, environment: Mapping[str, str], notice: Notice
) -> None:
    """Let the registry's champion be what somebody made live; parameters are those of `tracked`.

    Where `version` is None, what ships is live, which no registry holds: nothing is the champion then.
    """
    Run(store, environment, notice).crown(kind, version)


class Run(Journal):
    """A run; its calls never raise.

    Parameters
    ----------
    store, environment, notice : Path, mapping, and callable
        As for `tracked`.
    """

    def __init__(self, store: Path, environment: Mapping[str, str], notice: Notice) -> None:
        self._store, self._environment, self._notice = store, environment, notice
        self._client: Any = None
        self._id = ""
        self._thread: _Thread | None = None
        self._uri = environment.get("MLFLOW_TRACKING_URI", "").strip()
        if not self._uri:
            self._uri = f"sqlite:///{(store / 'mlflow' / 'mlflow.db').resolve().as_posix()}"
        try:
            _import_mlflow()
            (store / "mlflow").mkdir(parents=True, exist_ok=True)
        except ImportError as error:
            fix = install_command(extra="mlflow")
            notice(f"not kept in MLflow: {error.name or error} is not installed; install it with: {fix}")
        except Exception as error:
            notice(f"not kept in MLflow: {_line(error)}")
        else:
            self._thread = _Thread()
            self._try(self._connect)

    def begin(self, name: str) -> None:
        """Begin the run."""

        def begin() -> None:
            self._id = self._client.create_run(self._experiment(), run_name=name).info.run_id

        self._try(begin)

    def end(self, status: str, why: str = "") -> None:
        """End the run: FINISHED, FAILED or KILLED."""

        def end() -> None:
            if why:
                self._client.set_tag(self._id, "error", why[:500])
            self._client.set_terminated(self._id, status)

        self._try(end)

    def params(self, values: Mapping[str, str | int | float]) -> None:
        """Keep what was asked for."""

        def keep() -> None:
            from mlflow.entities import Param

            kept = [Param(_key(name), str(value)[:500]) for name, value in values.items()]
            self._client.log_batch(self._id, params=kept)

        self._try(keep)

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Keep figures; those that are no finite numbers are left out."""
        now = int(time.time() * 1000)

        def keep() -> None:
            from mlflow.entities import Metric

            kept = [
                Metric(_key(name), float(value), now, step or 0)
                for name, value in values.items()
                if np.isfinite(value)
            ]
            self._client.log_batch(self._id, metrics=kept)

        self._try(keep)

    def confusion(self, labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> None:
        """Keep a confusion matrix, as JSON and as a picture."""
        columns = [*labels, "no answer"][: len(matrix[0])]

        def keep() -> None:
            table = {"rows": list(labels), "columns": columns, "counts": [list(row) for row in matrix]}
            self._client.log_dict(self._id, table, "confusion.json")
            self._client.log_figure(self._id, _picture(labels, columns, matrix), "confusion.png")

        self._try(keep)

    def register(self, kind: str, folder: Path, version: str, *, live: bool) -> None:
        """Keep a model and name it in the registry: the champion where it is live, else the challenger."""

        def keep() -> None:
            name, made = f"swara-{kind}", self._logged(kind, folder)
            self._make_name(name)
            number = self._client.create_model_version(
                name, made.model_uri, run_id=self._id, tags={_VERSION_TAG: version}, model_id=made.model_id
            ).version
            if live:
                self._crown(name, number)
            else:
                self._client.set_registered_model_alias(name, CHALLENGER, number)

        self._try(keep)

    def crown(self, kind: str, version: str | None) -> None:
        """Make a version of the store the champion, or none; nothing is the challenger then."""

        def crown() -> None:
            name = f"swara-{kind}"
            found = self._client.search_model_versions(f"name='{name}'")
            number = next((each.version for each in found if each.tags.get(_VERSION_TAG) == version), None)
            if number is not None:
                self._crown(name, number)
                return
            for alias in (CHAMPION, CHALLENGER) if found else ():  # what it names answers no more
                self._drop_alias(name, alias)
            if version is not None:
                raise LookupError(f"{version} is not in the registry as {name}")

        self._try(crown)

    def _crown(self, name: str, number: str) -> None:
        self._client.set_registered_model_alias(name, CHAMPION, number)
        self._drop_alias(name, CHALLENGER)

    def _drop_alias(self, name: str, alias: str) -> None:
        if alias in self._client.get_registered_model(name).aliases:
            self._client.delete_registered_model_alias(name, alias)

    def _try(self, call: Callable[[], None]) -> None:
        """Make a call; the first that fails ends it all, with a line."""
        if self._thread is None:
            return
        within_s = _WITHIN_S.get(self._uri.partition(":")[0], _ELSEWHERE_WITHIN_S)
        try:
            self._thread.do(call, within_s)
        except TimeoutError:
            self._give_up(f"no answer within {within_s:.0f} s")
        except Exception as error:
            self._give_up(_line(error))

    def _give_up(self, why: str) -> None:
        self._thread = None
        self._notice(f"no longer kept in MLflow ({_without_password(self._uri)}): {why}")

    def _connect(self) -> None:
        import mlflow

        mlflow.set_tracking_uri(self._uri)
        self._client = mlflow.MlflowClient(self._uri)

    def _experiment(self) -> str:
        name = self._environment.get("MLFLOW_EXPERIMENT_NAME", "").strip() or "swara"
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        # A database keeps no files, and MLflow would put them into the folder that it is run from.
        place = (
            None
            if self._uri.startswith("http")
            else (self._store / "mlflow" / "artifacts").resolve().as_uri()
        )
        return str(self._client.create_experiment(name, artifact_location=place))

    def _logged(self, kind: str, folder: Path) -> Any:
        import mlflow
        from mlflow.models import ModelSignature
        from mlflow.types import Schema, TensorSpec

        face = interface(kind, folder)
        shape = tuple(-1 if axis in face.free else size for axis, size in enumerate(face.example.shape))
        given = Schema([TensorSpec(face.example.dtype, shape)])
        answer = Schema([TensorSpec(np.dtype(face.answers), face.shape)])
        with mlflow.start_run(run_id=self._id):
            return mlflow.pyfunc.log_model(
                name=kind,
                python_model=str(Path(__file__).with_name("served_model.py")),
                artifacts={"files": str(folder)},
                model_config={"kind": kind},
                signature=ModelSignature(given, answer),
                input_example=face.example,
                # Not swara itself: on an index that name is somebody else's.
                pip_requirements=list(requirements()),
            )

    def _make_name(self, name: str) -> None:
        from mlflow.exceptions import MlflowException

        try:
            self._client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise


class _Thread:
    """Makes calls one after the other, in one thread, which does not keep the program from ending."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[tuple[Callable[[], None], Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True, name="swara-mlflow").start()

    def do(self, call: Callable[[], None], within_s: float) -> None:
        """Make a call; raises what it raises, and TimeoutError."""
        done: Future[None] = Future()
        self._calls.put((call, done))
        done.result(within_s)

    def _work(self) -> None:
        while True:
            call, done = self._calls.get()
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # MLflow warns of what it is made to do
                    call()
            except BaseException as error:
                done.set_exception(error)
            else:
                done.set_result(None)


def _import_mlflow() -> None:
    """Import MLflow, quiet; a setting that somebody made stays."""
    for setting, value in _SETTINGS.items():
        os.environ.setdefault(setting, value)
    for name in ("mlflow", "mlflow.pyfunc", "sqlalchemy", "alembic"):
        import_module(name)  # said here if one is missing, not in the middle

    for name in ("mlflow", "alembic", "sqlalchemy", "urllib3"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _picture(labels: Sequence[str], columns: Sequence[str], matrix: Sequence[Sequence[int]]) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2 + 0.35 * len(columns), 2 + 0.3 * len(labels)), layout="constrained")
    axes = figure.subplots()
    axes.imshow(matrix, cmap="Blues")
    axes.set_xticks(range(len(columns)), columns, rotation=90)
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="answer", ylabel="truth")
    for row, counts in enumerate(matrix):
        for column, count in enumerate(counts):
            if count:
                axes.text(column, row, str(count), ha="center", va="center", fontsize=7)
    return figure


def _key(name: str) -> str:
    """Return a name as MLflow takes it: letters, digits and ``_-. /``."""
    return "".join(each if each.isalnum() or each in "_-. /" else "_" for each in name)


def _line(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return _without_password(text[:200])


def _without_password(text: str) -> str:
    """Return an address, or a text with one, without who logs in."""
    import re

    return re.sub(r"//[^/@\s]+@", "//", text)
