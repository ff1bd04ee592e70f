from __future__ import annotations

import math

import pytest

from swara.data.take import read_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(
            (text, 83.5)
            for text in ("83.5", "83,5 s", "1:23.5", "01:23,5", "0:01:23.5", " 1:23.5 ", "१:२३.५")
        ),
        *((text, 3723.0) for text in ("1:02:03", "62:03", "3723")),
        ("nan", math.nan),
    ],
)
def test_a_time_as_it_is_typed(text: str, seconds: float) -> None:
    assert read_seconds(text) == pytest.approx(seconds, nan_ok=True)


@pytest.mark.parametrize("text", ["", "1:75", "1:60:00", "1:2:3:4", "soon", "1:-3", ":30", "1:023"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError):
        read_seconds(text)
