"""Matrix products on one thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from threading import Lock

from threadpoolctl import ThreadpoolController, threadpool_limits

__all__ = ["one_blas_thread", "one_blas_thread_for_good"]


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
    threadpool_limits(1, user_api="blas")


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
