"""Models from TF Hub, brought onto this machine and kept as they were."""

from __future__ import annotations

from .catalogue import CATALOGUE, Pullable, can_run, check_documented, check_needs, pullable
from .install import ContractCheck
from .kept import Kept, State, Verified, inventory, remove, verify
from .opening import Patience, Progress
from .pull import Pulled, pull

__all__ = [
    "CATALOGUE",
    "ContractCheck",
    "Kept",
    "Patience",
    "Progress",
    "Pullable",
    "Pulled",
    "State",
    "Verified",
    "can_run",
    "check_documented",
    "check_needs",
    "inventory",
    "pull",
    "pullable",
    "remove",
    "verify",
]
