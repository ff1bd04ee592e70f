"""Models on the terminal, published and fine-tuned: what is here, made, pulled, verified and removed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from swara.service.phrases import counted, megabytes

from .terminal_page import STYLES, WARNING, Page

if TYPE_CHECKING:
    from swara.embedder.finetune.run import Finetuned
    from swara.embedder.finetuned.inventory import FinetunedKept
    from swara.embedder.hub.pull import LocalModel, Pullable, Pulled, VerifyResult
    from swara.service.embedders.remove import Removed

__all__ = [
    "render_finetuned",
    "render_finetuned_checked",
    "render_finetuned_kept",
    "render_finetuned_removed",
    "render_models",
    "render_pulled",
    "render_verified",
]

_STATES = {
    "manual": "put there by hand",
    "tfhub-cache": "in TFHUB_CACHE_DIR",
    "kagglehub-cache": "in kagglehub's cache",
    "partial": "download broke off",
    "absent": "not here",
}
_FORGOTTEN = 0.02
"""A fall of the mean reciprocal rank on synthesized singers that is worth a word."""


def render_models(found: Sequence[LocalModel], models: Path, console: Console) -> None:
    """Print a line for each model that can be pulled, then where each lies."""
    page = Page(console)
    rows = []
    for each in found:
        size = megabytes(each.size_bytes) if each.size_bytes else ""
        cells = each.model.name, _STATES.get(each.state, each.state), size, (each.digest or "")[:12]
        style = WARNING if each.state == "damaged" else ""
        rows.append([page.text(cell, style) for cell in cells])
    page.table(("Model", "State", "Size", "Digest"), rows, right=(2,))
    for each in found:
        where = "" if each.where is None or each.state == "partial" else f", here in {each.where}"
        page.line(f"{each.model.name}: {each.model.contract.kaggle_handle} on Kaggle{where}")
    page.line(f"Models are kept in {models} (SWARA_MODELS).")


def render_pulled(model: Pullable, pulled: Pulled, console: Console) -> None:
    """Print what came of a pull."""
    page, manifest = Page(console), pulled.manifest
    if pulled.mended is not None:
        page.warn(f"Replaced what was there: {pulled.mended}.")
    usual, archive = model.archive_sha256, manifest.archive_sha256
    if pulled.new and None not in (usual, archive) and usual != archive:
        page.warn(
            f"The archive is not the one that TF Hub served: its SHA-256 is {archive}. "
            "The model in it does what is documented."
        )
    done = "is here now" if pulled.new else "was here already, and is unchanged"
    page.good(f"{model.name} {done}.")
    page.line(f"{megabytes(manifest.size_bytes)}, digest {manifest.digest[:12]}, in {pulled.folder}")
    if pulled.new and not model.contract.classes:
        page.line(f"Checked: {_did(model)}.")
    if not pulled.new:
        page.line(f"To have it anew, first: swara models remove {model.name}")


def render_verified(verified: VerifyResult, console: Console) -> None:
    """Print that a model is as it should be, and what could not be compared."""
    model = verified.local.model
    as_pulled = f"{counted(verified.files, 'file is', 'files are')} as pulled"
    files = as_pulled if verified.files else "its digests are not on record"
    contract = _did(model) if verified.contract else "the documented contract was not run"
    style = STYLES["perfect"] if verified.contract else WARNING
    Page(console).line(f"{model.name}: {files}; {contract}.", style)


def _did(model: Pullable) -> str:
    if model.contract.classes:
        return "it does what is documented"
    return "its shapes are those documented, and no more than shapes can be checked"


def render_finetuned(made: Finetuned, console: Console) -> None:
    """Print the name, the figures before and after, and what to do next."""
    page = Page(console)
    if made.better:
        page.good(f"{made.name} finds your singers better than the built-in embedder.")
    else:
        page.warn(f"{made.name} is no better than the built-in embedder; kept because of --keep-anyway")
    held = "singers that it never heard" if made.by == "singer" else "recordings that it never heard"
    notes = counted(made.after.notes, "note")
    page.line(f"Judged by {notes}, of {held}, each looked up among all other recordings:")
    synthesized = made.synthesized_before.reciprocal_rank, made.synthesized_after.reciprocal_rank
    for name, before, after in (
        ("nearest note by the same singer", made.before.nearest, made.after.nearest),
        ("mean reciprocal rank", made.before.reciprocal_rank, made.after.reciprocal_rank),
        ("the same of synthesized singers", *synthesized),
    ):
        page.line(f"  {name}: {before:.3f} before, {after:.3f} now")
    if synthesized[1] < synthesized[0] - _FORGOTTEN:
        page.warn("It lost some of what it could before: other singers are told apart less well")
    if made.unlabelled:
        had = "has no labels and was" if made.unlabelled == 1 else "have no labels and were"
        page.warn(f"{counted(made.unlabelled, 'recording')} {had} left out")
    went_on = ", gone on with where it was stopped" if made.resumed else ""
    page.line(f"{counted(made.stages, 'stage')}{went_on}. Kept in {made.folder}")
    page.line(f"To use it: swara rebuild --embedder {made.name}")


def render_finetuned_kept(
    kept: Sequence[FinetunedKept], unfinished: Sequence[tuple[Path, int]], console: Console
) -> None:
    """Print a line for each fine-tuned embedder, then where each comes from and lies."""
    page = Page(console)
    rows = []
    for each in kept:
        state, style = ("here", "") if each.damage is None else ("damaged", WARNING)
        size, digest = megabytes(each.size_bytes), (each.digest or "")[:12]
        cells = each.name, state, size, digest, each.fingerprint or ""
        rows.append([page.text(cell, style) for cell in cells])
    if rows:
        page.gap()
        page.table(("Fine-tuned", "State", "Size", "Digest", "Fingerprint"), rows, right=(2,))
    for each in kept:
        page.line(f"{each.name}: {_origin(each)}, here in {each.folder}")
    for folder, size_bytes in unfinished:
        page.line(
            f"A fine-tuning that kept nothing so far: {folder}, {megabytes(size_bytes)}."
            " The same swara finetune goes on with it; to be rid of it, delete that folder."
        )


def render_finetuned_checked(kept: FinetunedKept, console: Console) -> None:
    """Print that a fine-tuned embedder is as it should be."""
    Page(console).good(f"{kept.name}: its network is as it was kept, and runs.")


def render_finetuned_removed(name: str, removed: Removed, console: Console) -> None:
    """Print what was removed, and what can no longer be used."""
    page = Page(console)
    page.line(f"{name} is removed: {removed.folder}")
    if removed.live:
        page.warn("The live version was made with it. Run: swara rebuild --embedder builtin")
    if removed.versions:
        were = counted(len(removed.versions), "earlier version was", "earlier versions were")
        page.warn(f"{were} made with it, and cannot be gone back to: {', '.join(removed.versions)}")


def _origin(each: FinetunedKept) -> str:
    if each.damage is not None:
        return each.damage.rstrip(".")
    judged = ""
    if each.before is not None and each.after is not None:
        judged = f"; mean reciprocal rank {each.before:.3f} before, {each.after:.3f} after"
    return f"made from {each.base or 'an embedder that is not on record'}{judged}"
