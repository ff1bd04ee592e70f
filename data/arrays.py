"""Array types that every floor shares; arrays side by side as a table, with a digest, on one thread."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import MissingPackage

if TYPE_CHECKING:
    from pandas import DataFrame
    from threadpoolctl import ThreadpoolController

__all__ = [
    "Arrays",
    "BoolArray",
    "FloatArray",
    "IntArray",
    "data_frame",
    "field_columns",
    "one_blas_thread",
    "one_blas_thread_for_good",
    "quantile",
    "sealed",
    "unsealed",
]

Arrays: TypeAlias = Mapping[str, npt.NDArray[Any]]
"""Arrays by name, as an ``.npz`` holds them."""

FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.intp]

_DTYPES = dict.fromkeys(("float", "float | None"), "float64") | {
    "int": "int64",
    "bool": "bool",
    "str": "str",
    "Verdict": "str",
}
"""What pandas calls the annotation of a field."""


def quantile(values: FloatArray, share: float) -> float:
    """Return the value below which a share of the values lies, as `numpy.quantile` does by default.

    That imports ``numpy.ma``, which takes 20 ms of a short take's analysis.

    Parameters
    ----------
    values : float array, shape [count]
        At least one.
    share : float
        From 0 to 1.
    """
    place = share * (values.size - 1)
    below = int(place)
    above = min(below + 1, values.size - 1)
    ordered = np.partition(values, (below, above))
    low, high = float(ordered[below]), float(ordered[above])
    return low + (high - low) * (place - below)


def data_frame(columns: Mapping[str, Any], dtypes: Mapping[str, str] | None = None) -> DataFrame:
    """Return columns as a pandas DataFrame with a copy of them.

    Parameters
    ----------
    columns : mapping of str to array or list
        All of one length.
    dtypes : mapping of str to str, optional
        The type of a column that pandas could not tell where it is empty, or holds nothing but None.

    Raises
    ------
    MissingPackage
        If pandas is not installed.
    """
    try:
        from pandas import DataFrame
    except ImportError as error:
        from swara.data.installation import install_command

        raise MissingPackage(
            "a data frame takes pandas, which is not installed",
            fix=f"Install it with: {install_command('pandas', extra='dev')}",
        ) from error
    return DataFrame(dict(columns), copy=True).astype(dict(dtypes or {}))


def field_columns(kind: type[Any], rows: Sequence[Any]) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Return the columns and dtypes of `data_frame` for dataclass instances: one column for each field.

    Parameters
    ----------
    kind : type
        The dataclass; its annotations are plain names that `_DTYPES` knows.
    rows : sequence
        Instances of it; without any, the columns are empty and keep their types.
    """
    names = [field.name for field in fields(kind)]
    dtypes = {field.name: _DTYPES[str(field.type)] for field in fields(kind)}
    return {name: [getattr(row, name) for row in rows] for name in names}, dtypes


class _Shared:
    """The limit, which is the whole process's: the first to come sets it, the last to go lifts it.

    Each on its own would lift it under the others, and the last of them set it for good.
    """

    def __init__(self) -> None:
        self._lock, self._limit, self._inside = Lock(), ExitStack(), 0

    def enter(self) -> None:
        with self._lock:
            if not self._inside:
                self._limit.enter_context(_controller().limit(limits=1, user_api="blas"))
            self._inside += 1

    def leave(self) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._limit.close()


_SHARED = _Shared()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep numpy's matrix products to one thread: on more, their last digits hang on how many there are."""
    _SHARED.enter()
    try:
        yield
    finally:
        _SHARED.leave()


def one_blas_thread_for_good() -> None:
    """Keep a process to one thread that has others beside it, one for each core."""
    from threadpoolctl import threadpool_limits

    threadpool_limits(1, user_api="blas")


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def sealed(fingerprint: str, sha256: str, arrays: Arrays) -> Arrays:
    """Return the arrays of an entry with their digest beside them, which says whose they are."""
    return {**arrays, "digest": np.frombuffer(_digest(fingerprint, sha256, arrays), np.uint8)}


def unsealed(fingerprint: str, sha256: str, arrays: Arrays) -> Arrays:
    """Return what `sealed` was given; raises ValueError or KeyError if it is not what was."""
    content = {name: array for name, array in arrays.items() if name != "digest"}
    if arrays["digest"].tobytes() != _digest(fingerprint, sha256, content):
        raise ValueError("its digest is another one")
    return content


def _digest(fingerprint: str, sha256: str, arrays: Arrays) -> bytes:
    """SHA-256 over whose arrays they are, their names, dtypes, shapes and bytes."""
    digest = hashlib.sha256(f"{fingerprint} {sha256}".encode())
    for name in sorted(arrays):
        array = arrays[name]
        digest.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode() + array.tobytes())
    return digest.digest()
