"""Matrix products on one thread."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from threadpoolctl import ThreadpoolController, threadpool_limits

__all__ = ["one_blas_thread", "one_blas_thread_for_good"]


def one_blas_thread() -> AbstractContextManager[Any]:
    """Keep numpy's matrix products to one thread: on more, their last digits hang on how many there are."""
    limited: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return limited


def one_blas_thread_for_good() -> None:
    """Keep a process to one thread that has others beside it, one for each core."""
    threadpool_limits(1, user_api="blas")


@lru_cache(maxsize=1)
def _controller() -> ThreadpoolController:
    return ThreadpoolController()
