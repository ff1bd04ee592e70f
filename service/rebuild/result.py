"""What a rebuild did, and what need not be made again.

That is what is live, what was rejected, and what somebody stepped back from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from swara.service.errors import NoSuchVersion, StoreDamaged
from swara.service.store import Layout, Manifest, all_versions, read_manifest, verify_version
from swara.service.store.decisions import rolled_back

from .plan import Plan

__all__ = ["Outcome", "RebuildResult", "find_previous_result"]

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


def find_previous_result(store: Layout, plan: Plan, seconds: Mapping[str, float]) -> RebuildResult | None:
    """Return the result of making nothing, if there is nothing to make.

    Raises
    ------
    NoSuchVersion
        If no sound version is live, and what would be made is what somebody stepped back from.
    StoreError
        If the versions cannot be read; those that are damaged do not count.
    """
    if plan.live is not None and plan.is_carried_out_by(plan.live):
        return _made_nothing(plan, plan.live, seconds, nothing_new=True)
    left = rolled_back(store)
    for version, manifest in _made_before(store, plan):
        if not manifest.gate["promoted"] and manifest.parent == plan.parent:
            doubt = "it was rejected before, and nothing changed since; to examine it anew, add --force"
            return _made_nothing(plan, manifest, seconds, version, (*plan.warnings, doubt))
        if version not in left:
            continue
        if plan.live is None:
            raise NoSuchVersion(
                "no sound version is live, and what is learned now is one that somebody stepped back from",
                where=str(store.version(version).folder),
                fix=f"Run: swara versions rollback; or, to have it again: swara versions promote {version}",
            )
        doubt = (
            f"the same was learned as {version}, from which somebody stepped back;"
            f" to have it all the same: swara versions promote {version}"
        )
        return _made_nothing(plan, plan.live, seconds, version, (doubt,), nothing_new=True)
    return None


def _made_before(store: Layout, plan: Plan) -> Iterator[tuple[str, Manifest]]:
    """Yield the sound versions that hold what the plan would make, the newest first."""
    for version in reversed(all_versions(store)):
        try:
            if plan.is_carried_out_by(read_manifest(store, version)):
                yield version, verify_version(store, version)
        except StoreDamaged:
            continue


def _made_nothing(
    plan: Plan,
    manifest: Manifest,
    seconds: Mapping[str, float],
    candidate: str | None = None,
    warnings: tuple[str, ...] = (),
    *,
    nothing_new: bool = False,
) -> RebuildResult:
    """Return what the `manifest` of the live version, or of the one rejected before, says of a rebuild."""
    return RebuildResult(
        version=plan.parent or "",
        promoted=False,
        nothing_new=nothing_new,
        embedder=manifest.embedder.name,
        embedded=0,
        from_cache=0,
        seconds=seconds,
        metrics=manifest.metrics,
        warnings=warnings,
        candidate=candidate,
        reasons=() if nothing_new else tuple(manifest.gate["reasons"]),
        gate=manifest.gate,
    )
