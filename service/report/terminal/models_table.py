"""Published models on the terminal: what is here, what was pulled, what was verified."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from swara.embedder.hub.pull import LocalModel, Pullable, Pulled, VerifyResult

from .terminal_page import STYLES, WARNING, Page

__all__ = ["render_models", "render_pulled", "render_verified"]

_WORDS = {
    "manual": "put there by hand",
    "tfhub-cache": "in TFHUB_CACHE_DIR",
    "kagglehub-cache": "in kagglehub's cache",
    "partial": "download broke off",
    "absent": "not here",
}


def render_models(found: Sequence[LocalModel], models: Path, console: Console) -> None:
    """Print a line for each model that can be pulled."""
    page = Page(console)
    table = page.table([("Model", "left"), ("State", "left"), ("Size", "right"), ("Digest", "left")])
    for each in found:
        cells = (
            each.model.name,
            _WORDS.get(each.state, each.state),
            _megabytes(each.size_bytes) if each.size_bytes else "",
            "" if each.digest is None else each.digest[:12],
        )
        style = WARNING if each.state == "damaged" else ""
        table.add_row(*(page.text(cell, style) for cell in cells))
    page.show(table)
    for each in found:
        where = "" if each.where is None or each.state == "partial" else f", here in {each.where}"
        page.line(f"{each.model.name}: {each.model.contract.kaggle_handle} on Kaggle{where}")
    page.line(f"Models are kept in {models} (SWARA_MODELS).")


def render_pulled(model: Pullable, pulled: Pulled, console: Console) -> None:
    """Print what came of a pull."""
    page, manifest = Page(console), pulled.manifest
    if pulled.mended is not None:
        page.line(f"! Replaced what was there: {pulled.mended}.", WARNING)
    if pulled.new and _is_another(model, manifest.archive_sha256):
        page.line(
            f"! The archive is not the one that TF Hub served: its SHA-256 is {manifest.archive_sha256}. "
            "The model in it does what is documented.",
            WARNING,
        )
    done = "is here now" if pulled.new else "was here already, and is unchanged"
    page.line(f"{model.name} {done}.", STYLES["perfect"])
    page.line(f"{_megabytes(manifest.size_bytes)}, digest {manifest.digest[:12]}, in {pulled.folder}")
    if pulled.new and not model.contract.classes:
        page.line(f"Checked: {_did(model)}.")
    if not pulled.new:
        page.line(f"To have it anew, first: swara models remove {model.name}")


def render_verified(verified: VerifyResult, console: Console) -> None:
    """Print that a model is as it should be, and what could not be compared."""
    page, model = Page(console), verified.local.model
    counted = "1 file is" if verified.files == 1 else f"{verified.files} files are"
    files = f"{counted} as pulled" if verified.files else "its digests are not on record"
    contract = _did(model) if verified.contract else "the documented contract was not run"
    page.line(f"{model.name}: {files}; {contract}.", STYLES["perfect"] if verified.contract else WARNING)


def _did(model: Pullable) -> str:
    if model.contract.classes:
        return "it does what is documented"
    return "its shapes are those documented, and no more than shapes can be checked"


def _is_another(model: Pullable, archive_sha256: str | None) -> bool:
    return None not in (model.archive_sha256, archive_sha256) and model.archive_sha256 != archive_sha256


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"
