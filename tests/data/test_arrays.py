"""A quantile without the import that numpy's makes."""

from __future__ import annotations

import numpy as np
import pytest

from swara.data.arrays import quantile


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95, 1.0])
@pytest.mark.parametrize("count", [1, 2, 7, 500])
def test_it_is_numpys(count: int, share: float) -> None:
    values = np.random.default_rng(count).standard_normal(count)
    assert quantile(values, share) == pytest.approx(np.quantile(values, share), abs=1e-12)
