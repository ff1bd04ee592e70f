"""What a run has of the store: the samples that it asks about a take, and the history that it keeps."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from swara.raga.errors import SwaraError

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from swara.data.clip import Clip
    from swara.service.adviser.adviser import LiveModel
    from swara.service.history.keeping import Kind
    from swara.service.take.report import TakeReport

__all__ = ["FIRST_NOTICE", "Stored"]

FIRST_NOTICE: Final = (
    "The figures of each take, not its sound, are kept from now on, on this machine alone. Under History you"
    " see them, delete them, and choose what is kept"
)
"""Said on the page when the first take of a store is kept, and never again."""

_GIVES_WAY: Final = 10
"""How nice the process is that makes the first version: it has a ninth of the weight of who sings. At 19, a
seventieth, the first report would wait for minutes on a machine that does something else too."""


class Stored:
    """The store, as one run uses it; several threads may.

    Parameters
    ----------
    folder : Path
        Where it lies; it need not exist.
    environment : mapping of str to str, optional
        Says whether the history is switched off; without it none is kept.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self.folder, self._environment = folder, environment
        self._loading = Lock()
        self._model: LiveModel | None = None
        self._maker: BaseProcess | None = None
        self._ended = self._tried = False
        self._trouble: str | None = None
        self._later = ThreadPoolExecutor(1, "history")

    def close(self) -> None:
        """Write what is still to be kept, and end what is made."""
        self._ended = True
        if self._maker is not None:
            self._maker.terminate()
        self._later.shutdown()

    def model(self) -> tuple[LiveModel | None, tuple[str, ...]]:
        """Return the live version of the store, loaded once; or None and why it cannot be asked."""
        from swara.service.adviser.adviser import load_model, try_model
        from swara.service.store import Layout, current_version

        def load() -> LiveModel:
            version = current_version(Layout(self.folder))
            if version is None and not self._tried:
                self._make_first()
            if self._model is None or self._model.version != version:
                self._model = load_model(self.folder)
            return self._model

        with self._loading:
            return try_model(load)

    def _make_first(self) -> None:
        """Have the first version made in a process of its own, which leaves the processor to who sings.

        It takes seconds of it, and in this process would hold the one lock that every thread needs. Where it
        comes to nothing, whoever loads the version finds out why.
        """
        self._tried = True
        context = multiprocessing.get_context("spawn")
        self._maker = context.Process(target=_make, args=(self.folder,), daemon=True, name="first version")
        try:
            self._maker.start()
            self._maker.join()
        except OSError:
            return  # no process can be had: it is made in this one
        finally:
            self._maker = None
        if self._ended:
            raise SwaraError("the server ends")

    def begin_history(self) -> str | None:
        """Tell whoever ends a take what `remember` would tell; nothing is said twice in one run."""
        if self._environment is None:
            return None
        from swara.service.history.takes import begin_history
        from swara.service.store import Layout

        return self._news(begin_history(Layout(self.folder), self._environment, FIRST_NOTICE))

    def remember(self, report: TakeReport, kind: Kind, sound: Callable[[], Clip]) -> str | None:
        """Keep the figures of a take, and its sound where the singer wants that.

        Returns
        -------
        str or None
            What its singer must know of that; nothing is said twice in one run.
        """
        if self._environment is None:
            return None
        from swara.service.history.keeping import keep_take
        from swara.service.store import Layout

        def heard() -> Clip | None:
            with suppress(SwaraError):  # the take was deleted meanwhile: its figures are kept all the same
                return sound()
            return None

        store = Layout(self.folder)
        words = keep_take(store, report, kind, self._environment, sound=heard, notice=FIRST_NOTICE)
        return self._news(words)

    def remember_later(self, report: TakeReport, kind: Kind, sound: Callable[[], Clip]) -> None:
        """Do as `remember`, while the report is on its way; what goes wrong is told under History."""
        self._later.submit(self.remember, report, kind, sound)

    def _news(self, words: str | None) -> str | None:
        """Return what was not said before: a store that cannot be written would say so of each take."""
        from swara.service.history.keeping import NOT_KEPT

        known = self._trouble
        self._trouble = words if words is not None and words.startswith(NOT_KEPT) else None
        return None if words == known else words

    def why_not_kept(self) -> str | None:
        """Say why takes are not kept, in a sentence without full stop; None where they are."""
        from swara.service.history.choices import why_not_kept
        from swara.service.store import Layout

        if self._environment is None:
            return "Nothing is kept: swara was started with --no-history"
        return why_not_kept(Layout(self.folder), self._environment) or self._trouble


def _make(folder: Path) -> None:
    """Make the first version of a store, in a process that was started for it."""
    from swara.service.adviser.adviser import load_model, try_model

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which ends this process
    if hasattr(os, "nice"):
        os.nice(_GIVES_WAY)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:  # libraries there write to the terminal
        os.dup2(nowhere.fileno(), 2)
    try_model(lambda: load_model(folder))
