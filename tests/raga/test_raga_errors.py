"""An error is one line, whatever its parts held."""

from __future__ import annotations

import pytest

from swara.data.errors import OutputError
from swara.embedder.errors import ModelDamaged
from swara.raga.errors import SwaraError


@pytest.mark.parametrize("kind", [SwaraError, OutputError, ModelDamaged])
def test_it_is_one_line_of_where_what_and_fix(kind: type[SwaraError]) -> None:
    error = kind("it\nbroke", where="a\r\nb", fix="Mend\n\n it")
    assert str(error) == "a b: it broke. Mend it."
    assert str(kind("it broke")) == "it broke."
    assert str(kind("S" * 301 + "R" * 3000)) == f"{'S' * 300} ... {'R' * 300}."
