"""Models from TF Hub, brought onto this machine and kept as they were."""

from __future__ import annotations

from .catalogue import CATALOGUE, Pullable, can_run, check_documented, check_needs, pullable
from .download import Patience, Progress
from .install import ContractCheck
from .inventory import Kept, State, Verified, inventory, remove, verify
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
