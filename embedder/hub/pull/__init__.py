"""Published models, brought onto this machine and kept as they were."""

from __future__ import annotations

from .catalogue import CATALOGUE, Pullable, check_documented, check_needs, pullable
from .download import DownloadProgress, RetryPolicy
from .install import ContractCheck
from .inventory import LocalModel, State, VerifyResult, inventory, remove, verify
from .pull import Pulled, pull

__all__ = [
    "CATALOGUE",
    "ContractCheck",
    "DownloadProgress",
    "LocalModel",
    "Pullable",
    "Pulled",
    "RetryPolicy",
    "State",
    "VerifyResult",
    "check_documented",
    "check_needs",
    "inventory",
    "pull",
    "pullable",
    "remove",
    "verify",
]
