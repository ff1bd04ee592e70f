"""Which embedder hears: the one that is asked for, else the one that the live version was made with."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, get_args

from swara.embedder import Embedder, registry
from swara.embedder.errors import ModelAbsent
from swara.raga.errors import SwaraError
from swara.service.errors import StoreDamaged, StoreError
from swara.service.store import Layout, current_version, read_manifest

__all__ = ["DEFAULT", "Choice", "Notice", "choose_embedder", "embedder_called", "live_embedder", "live_name"]

Notice: TypeAlias = Callable[[str], None]

DEFAULT = "builtin"
"""The embedder of a new store: it ships with the package."""


@dataclass(frozen=True, slots=True)
class Choice:
    """An embedder, and what to tell about how it came to be chosen, as sentences without full stop."""

    embedder: Embedder
    warnings: tuple[str, ...] = ()


def embedder_called(name: str, notice: Notice | None = None) -> Embedder:
    """Return the embedder of that name.

    Parameters
    ----------
    name : str
        Or a handle on TF Hub or Kaggle, such as ``google/yamnet/1``: that very model, in no other form.
    notice : callable, optional
        Told, in a line, of work that takes its time: a model is converted on first use.

    Raises
    ------
    ModelAbsent
        If there is none of that name.
    SwaraError
        If its model is not on this machine, or cannot be used.
    """
    if name not in get_args(registry.EmbedderName):
        _check_name(name)
    return registry.embedder_named(name, report=notice)


def _check_name(name: str) -> None:
    """Refuse a name that is neither a fine-tuned embedder's nor a handle on TF Hub."""
    from swara.embedder.finetuned.embedder import finetuned_names, is_finetuned
    from swara.embedder.hub.contract import contract_with_handle

    if not is_finetuned(name) and contract_with_handle(name) is None:
        there = ", ".join((*get_args(registry.EmbedderName), *finetuned_names(os.environ)))
        raise ModelAbsent(f"no embedder is called {name!r}", fix=_taken_up(name) or f"There is {there}")


def _taken_up(text: str) -> str | None:
    """Say how a model becomes an embedder that a version can name, if that is what `text` leads to."""
    path = Path(text)
    if not path.exists():
        return None
    names = "yamnet-tflite" if path.is_file() and path.suffix == ".tflite" else "yamnet, or vggish,"
    return f"To take up the model there, run: swara models pull {names} --from {text}; then give that name"


def live_embedder(store: Layout, notice: Notice | None = None) -> Embedder:
    """Return the embedder that the live version was made with; of a new store, `DEFAULT`.

    `notice` is as in `embedder_called`.

    Raises
    ------
    StoreError
        If it cannot be had on this machine, or the live version does not say which it is.
    """
    name = live_name(store)
    if name is None:
        return embedder_called(DEFAULT)
    try:
        return embedder_called(name, notice)
    except SwaraError as error:
        reason = f"{error.where}: {error.what}" if error.where else error.what
        without = f"to do without it, run: swara rebuild --embedder {DEFAULT}"
        raise StoreError(
            f"the live version was made with the embedder {name}, which cannot be had here: {reason}",
            where=str(store.folder),
            fix=f"{error.fix}; or, {without}" if error.fix else without.capitalize(),
        ) from error


def choose_embedder(store: Layout, name: str | None, notice: Notice | None = None) -> Choice:
    """Return the embedder to rebuild with: that of `name`, or as `live_embedder` where None is asked for.

    Where the live version is too damaged to say, the one that `rollback` would go to does, and there is a
    warning. `notice` is as in `embedder_called`.

    Raises
    ------
    SwaraError
        As `embedder_called` and `live_embedder`.
    """
    if name is not None:
        return Choice(embedder_called(name, notice))
    try:
        return Choice(live_embedder(store, notice))
    except StoreDamaged:
        there = _name_of_basis(store) or DEFAULT
        warning = (
            f"the live version no longer says which embedder made it, so {there} is used;"
            " for another, run: swara rebuild --embedder NAME"
        )
        return Choice(embedder_called(there, notice), (warning,))


def live_name(store: Layout) -> str | None:
    """Return the name of the embedder that the live version was made with; None of a new store.

    Raises
    ------
    StoreError
        If the live version does not say.
    """
    version = current_version(store)
    if version is not None:
        return read_manifest(store, version).embedder.name
    return _name_of_basis(store)


def _name_of_basis(store: Layout) -> str | None:
    """Return the name of the embedder of the version that a rebuild would start from."""
    from swara.service.versions.info import baseline_version  # slow to import, and seldom needed

    baseline = baseline_version(store)
    return None if baseline is None else baseline[1].embedder.name
