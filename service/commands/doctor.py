"""``doctor``: what works on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import console

__all__ = ["doctor"]


def doctor(
    store: Annotated[
        Path | None,
        typer.Option(help="Folder of the store. That of SWARA_STORE, or the usual one, if left out."),
    ] = None,
) -> None:
    """Show what works and what is missing.

    What is missing comes with the command that gets it. Exits with 1 if a take cannot be analyzed.
    """
    from swara.service.doctor.doctor import examine, healthy
    from swara.service.report.terminal.doctor_table import render_doctor

    checks = examine(store)
    render_doctor(checks, console())
    if not healthy(checks):
        raise typer.Exit(1)
