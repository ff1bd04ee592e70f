"""What every refusal on the command line looks like."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest


@pytest.fixture
def assert_one_line() -> Callable[..., None]:
    """Give what asserts that a run ended with 1 and one line, which holds each pattern."""

    def check(done, *patterns: str) -> None:
        assert (done.code, done.out) == (1, "")
        assert re.fullmatch(r"swara: [^\n]+\.\n", done.err), done.err
        assert "fault in swara" not in done.err
        for pattern in patterns:
            assert re.search(pattern, done.err), done.err

    return check
