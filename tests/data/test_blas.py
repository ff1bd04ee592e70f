"""The limit on matrix products is the process's: it holds until the last who asked for it is done."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from swara.data.arrays import one_blas_thread


def _threads() -> set[int]:
    """How many threads numpy's products may take; the process may have loaded other libraries since."""
    np.ones((2, 2)) @ np.ones((2, 2))
    blas = ThreadpoolController().select(user_api="blas").info()
    return {library["num_threads"] for library in blas if "numpy" in library["filepath"]}


@pytest.fixture
def two_threads():
    with threadpool_limits(2, user_api="blas"):
        assert _threads() == {2}
        yield


@pytest.mark.usefixtures("two_threads")
def test_it_outlives_who_came_first() -> None:
    first, second = one_blas_thread(), one_blas_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert _threads() == {1}
    second.__exit__(None, None, None)
    assert _threads() == {2}


@pytest.mark.usefixtures("two_threads")
def test_it_is_lifted_after_a_fault_and_may_be_set_again() -> None:
    def fails() -> None:
        with one_blas_thread():
            assert _threads() == {1}
            raise RuntimeError

    for _ in range(2):
        with pytest.raises(RuntimeError):
            fails()
        assert _threads() == {2}
