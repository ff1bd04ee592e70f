"""What has been learned, and whether it can answer."""

from __future__ import annotations

from pathlib import Path

from .doctor_check import Check
from .errors import NoSuchVersion, StoreError
from .store import Layout, all_versions
from .version_info import find_version, store_troubles

__all__ = ["check_versions"]


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
    return Check(name, "ok", f"{live.id} is live, of {len(all_versions(store))}")
