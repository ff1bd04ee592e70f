"""What a version learned from, as it noted it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .layout import Layout
from .manifest import Manifest
from .refusals import damaged, reading

__all__ = ["recordings_seen"]


def recordings_seen(
    store: Layout, version: str, manifest: Manifest
) -> Mapping[str, Mapping[str, Any]] | None:
    """Return the singer, Sa and labels of each recording by its id; None where an older swara noted none.

    Raises
    ------
    StoreDamaged, StoreUnreadable
        If the file is missing, damaged, or may not be read.
    """
    at = store.version(version).recordings
    if at.name not in manifest.files:
        return None
    with reading(at):
        lines = at.read_bytes().splitlines()
    try:
        return {fields["id"]: fields for fields in map(json.loads, lines)}
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(str(error), at) from error
