"""What is learned and kept: immutable versions on disk, one of them live."""

from __future__ import annotations

from .layout import Layout, VersionLayout, store_folder
from .live import LiveVersion, open_live, open_version
from .manifest import Manifest
from .versions import (
    all_versions,
    create_version,
    current_version,
    promote,
    publish,
    read_manifest,
    verify_version,
)

__all__ = [
    "Layout",
    "LiveVersion",
    "Manifest",
    "VersionLayout",
    "all_versions",
    "create_version",
    "current_version",
    "open_live",
    "open_version",
    "promote",
    "publish",
    "read_manifest",
    "store_folder",
    "verify_version",
]
