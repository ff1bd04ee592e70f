"""What a check of the samples found, as JSON for programs."""

from __future__ import annotations

import json
from typing import Any, Final

from service.samples import CheckResult, Finding

from .plain_text import encodable

__all__ = ["SCHEMA", "check_json"]

SCHEMA: Final = "swara.samples-check/1"
"""Name and version; the number rises when a field changes its meaning or goes."""


def check_json(result: CheckResult) -> str:
    """Return one object as indented JSON text ending in a newline."""
    fields = {
        "schema": SCHEMA,
        "ok": result.ok,
        "recordings": result.recordings,
        "notes": result.notes,
        "counts": result.counts,
        "findings": [_finding(each) for each in result.findings],
    }
    return json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "kind": found.kind,
        "id": found.recording.id,
        "path": encodable(found.recording.path),
        "singer": encodable(found.recording.singer),
        "what": encodable(found.what),
        "fix": encodable(found.fix),
        "start_s": found.start_s,
        "other": found.other,
    }
