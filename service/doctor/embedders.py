"""Who hears on this machine: the embedder of the live version, and pulled models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from swara.data.installation import repair_advice
from swara.embedder.builtin.embedder import EmbedderNetwork
from swara.embedder.crepe.network import crepe_installed
from swara.embedder.errors import ModelDamaged
from swara.embedder.finetuned.embedder import finetuned_names
from swara.embedder.hub.locate import MANIFEST_FILE, models_folder
from swara.embedder.hub.pull import inventory
from swara.embedder.hub.pull.manifest import check_files, read_manifest
from swara.service.embedders.choose import DEFAULT, live_name
from swara.service.errors import StoreError
from swara.service.store import Layout

from .check import Check

__all__ = ["check_embedder", "check_models"]


def check_embedder(store: Path, environment: Mapping[str, str]) -> Check:
    """See who made the live version, and whether its model is here, as it was pulled; none is loaded."""
    name = "embedder"
    try:
        built_in = f"{DEFAULT} {EmbedderNetwork().digest[:8]} on LiteRT"
    except ModelDamaged:
        return Check(name, "broken", "the network of the built-in embedder cannot be read", repair_advice())
    try:
        live = live_name(Layout(store)) or DEFAULT
    except StoreError as error:
        return Check(name, "broken", f"{error.where or store}: {error.what}", error.fix)
    if live == DEFAULT:
        return Check(name, "ok", built_in)
    if live in _usable(environment):
        try:
            _check_whole(live, environment)
        except ModelDamaged as error:
            return Check(name, "broken", f"{live}: {error.where}: {error.what}", error.fix)
        return Check(name, "ok", f"{live}, which the live version was made with; {built_in}")
    return Check(
        name,
        "broken",
        f"{live}, which the live version was made with, is not on this machine",
        f"Run: swara models list; to do without it: swara rebuild --embedder {DEFAULT}",
    )


def check_models(environment: Mapping[str, str]) -> Check:
    """List the models that are here; no file is read but manifests."""
    name, folder = "models", models_folder(environment)
    kept = [each for each in inventory(folder, environment) if each.state != "absent"]
    found = [*(f"{each.model.name} ({each.state})" for each in kept), *finetuned_names(environment)]
    if not found:
        fix = "For another embedder, run: swara models pull yamnet; or swara finetune"
        return Check(name, "missing", f"optional: none pulled or fine-tuned in {folder}", fix)
    if damaged := [each.model.name for each in kept if each.state == "damaged"]:
        fix = "; ".join(f"Run: swara models pull {each}" for each in damaged)
        return Check(name, "missing", ", ".join(found), fix)
    return Check(name, "ok", f"{', '.join(found)}; in {folder}")


def _usable(environment: Mapping[str, str]) -> set[str]:
    kept = inventory(models_folder(environment), environment)
    here = {each.model.name for each in kept if each.usable} | set(finetuned_names(environment))
    here |= {"crepe"} if crepe_installed() else set()
    return here | ({"yamnet"} if "yamnet-tflite" in here else set())


def _check_whole(live: str, environment: Mapping[str, str]) -> None:
    """Raise `ModelDamaged` where a file of the live version's model is not what was pulled."""
    models = models_folder(environment)
    names = (live, "yamnet-tflite") if live == "yamnet" else (live,)
    pulled = {each.model.name for each in inventory(models, environment) if each.state == "pulled"}
    if found := next((name for name in names if name in pulled), None):
        manifest = read_manifest(models / found / MANIFEST_FILE)
        if manifest is not None:
            check_files(models / found, manifest)
