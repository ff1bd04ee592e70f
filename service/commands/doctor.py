"""``doctor``: what works on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import console

__all__ = ["doctor"]


def doctor(
    store: Annotated[Path | None, typer.Option(help="The store to examine, if not the usual one.")] = None,
) -> None:
    """Show what works, what is missing, and how to get it."""
    from swara.service.doctor.doctor import examine, healthy
    from swara.service.report.terminal.machine_table import render_doctor

    checks = examine(store)
    render_doctor(checks, console())
    if not healthy(checks):
        raise typer.Exit(1)
