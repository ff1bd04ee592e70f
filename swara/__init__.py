"""Tell a singer where a take was in tune, where not, and what it should sound like."""

from __future__ import annotations

from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parents[1]
if (_CHECKOUT / "pyproject.toml").is_file():
    # In a checkout the packages and cli.py lie beside this folder; where links are kept as text files, as on
    # some file systems, nothing else leads to them.
    __path__.append(str(_CHECKOUT))
