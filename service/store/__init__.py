"""What is learned and kept: immutable versions on disk, one of them live."""

from __future__ import annotations

from .layout import Layout, VersionLayout, store_folder
from .live import LiveVersion, open_live
from .lock import writer_lock
from .manifest import Manifest
from .sound import sound_manifest, stated_manifest
from .versions import VersionContents, create_version, current_version, promote, publish

__all__ = [
    "Layout",
    "LiveVersion",
    "Manifest",
    "VersionContents",
    "VersionLayout",
    "create_version",
    "current_version",
    "open_live",
    "promote",
    "publish",
    "sound_manifest",
    "stated_manifest",
    "store_folder",
    "writer_lock",
]
