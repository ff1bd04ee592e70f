"""What need not be made again: what is live, what was rejected, and what somebody stepped back from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from swara.service.errors import NoSuchVersion, StoreDamaged
from swara.service.store import Layout, Manifest, all_versions, read_manifest, verify_version
from swara.service.store.history import rolled_back

from .plan import Plan
from .result import RebuildResult

__all__ = ["find_previous_result"]


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
        return _nothing_new(plan, plan.live, seconds)
    left = rolled_back(store)
    for version, manifest in _made_before(store, plan):
        if not manifest.gate["promoted"] and manifest.parent == plan.parent:
            return _rejected(plan, version, manifest, seconds)
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
        return _nothing_new(plan, plan.live, seconds, candidate=version, warnings=(doubt,))
    return None


def _made_before(store: Layout, plan: Plan) -> Iterator[tuple[str, Manifest]]:
    """Yield the sound versions that hold what the plan would make, the newest first."""
    for version in reversed(all_versions(store)):
        try:
            if plan.is_carried_out_by(read_manifest(store, version)):
                yield version, verify_version(store, version)
        except StoreDamaged:
            continue


def _nothing_new(
    plan: Plan,
    live: Manifest,
    seconds: Mapping[str, float],
    *,
    candidate: str | None = None,
    warnings: tuple[str, ...] = (),
) -> RebuildResult:
    return RebuildResult(
        version=plan.parent or "",
        promoted=False,
        nothing_new=True,
        embedder=live.embedder.name,
        embedded=0,
        from_cache=0,
        seconds=seconds,
        metrics=live.metrics,
        warnings=warnings,
        candidate=candidate,
        gate=live.gate,
    )


def _rejected(plan: Plan, version: str, manifest: Manifest, seconds: Mapping[str, float]) -> RebuildResult:
    return RebuildResult(
        version=plan.parent or "",
        promoted=False,
        nothing_new=False,
        embedder=plan.embedder.name,
        embedded=0,
        from_cache=0,
        seconds=seconds,
        metrics=manifest.metrics,
        warnings=(
            *plan.warnings,
            "it was rejected before, and nothing changed since; to examine it anew, add --force",
        ),
        candidate=version,
        reasons=tuple(manifest.gate["reasons"]),
        gate=manifest.gate,
    )
