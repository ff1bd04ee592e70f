"""Models from TF Hub, brought onto this machine and kept as they were."""

from __future__ import annotations

from .catalogue import CATALOGUE, Pullable, pullable
from .documented import can_run, check_documented, check_needs
from .install import ContractCheck
from .inventory import Kept, State, inventory
from .patience import Patience, Progress
from .pull import Pulled, pull
from .remove import remove
from .verify import Verified, verify

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
