"""How the manifest of an older swara becomes one of today: numbered steps, each from one schema to the next.

A version never changes on disk: its id vouches for its bytes. So a manifest is migrated each time it is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["MIGRATIONS", "SCHEMA", "UNGATED", "migrated"]

SCHEMA = 2
"""Number of the manifest's schema; a change of its meaning raises it, and adds a step to `MIGRATIONS`."""


UNGATED: Mapping[str, Any] = {
    "promoted": True,
    "reasons": [],
    "scores": {},
    "live": None,
    "held_out": "",
}
"""What the manifest of a version says that nobody examined."""


def _to_2(fields: dict[str, Any]) -> dict[str, Any]:
    """Versions are examined before they go live; those of schema 1 all went live without."""
    return fields | {"gate": dict(UNGATED)}


MIGRATIONS: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = {2: _to_2}
"""By the schema that comes out; each takes the fields of the schema before."""


def migrated(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a manifest of schema 1 to `SCHEMA` as those of `SCHEMA`.

    Raises
    ------
    KeyError, TypeError
        If they state no schema.
    """
    for number in range(int(fields["schema"]) + 1, SCHEMA + 1):
        fields = MIGRATIONS[number](fields) | {"schema": number}
    return fields
