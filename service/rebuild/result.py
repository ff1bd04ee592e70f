"""What a rebuild did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = ["Outcome", "RebuildResult"]

Outcome: TypeAlias = Literal["promoted", "nothing new", "rejected"]


@dataclass(frozen=True, slots=True)
class RebuildResult:
    """What a rebuild did.

    Parameters
    ----------
    version : str
        Id of the version that is live now; empty if none is.
    promoted : bool
        Whether it was made live by this rebuild.
    nothing_new : bool
        Whether it already held all there is to learn.
    embedder : str
        Name of the embedder that it was made with.
    embedded, from_cache : int
        Recordings that had to be embedded, and that had been before.
    seconds : mapping of str to float
        How long each stage took, in order.
    metrics : mapping
        How well the head does on recordings held out; JSON values.
    warnings : tuple of str
        What the user must know, as sentences without full stop.
    candidate : str or None
        Id of the version that was made, or found, and did not go live; None if there is none.
    reasons : tuple of str
        What fell, where it was rejected, as sentences without full stop.
    gate : mapping
        How the version that this is about did beside the one live before; as in its manifest.
    """

    version: str
    promoted: bool
    nothing_new: bool
    embedder: str
    embedded: int
    from_cache: int
    seconds: Mapping[str, float]
    metrics: Mapping[str, Any]
    warnings: tuple[str, ...]
    candidate: str | None = None
    reasons: tuple[str, ...] = ()
    gate: Mapping[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """In one word or two."""
        if self.promoted:
            return "promoted"
        return "nothing new" if self.nothing_new else "rejected"
