"""``swara serve``: the page to sing to."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from .options import StoreFolder, store_at

__all__ = ["serve"]


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on. Any but this machine's own lets other machines in.")
    ] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port to listen on. 8765, or the next free one, if left out."),
    ] = None,
    opened: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = True,
    history: Annotated[
        bool, typer.Option("--history/--no-history", help="Keep a summary of each take in the store.")
    ] = True,
    store: StoreFolder = None,
    root_path: Annotated[
        str, typer.Option(help="Path that a proxy puts before the page, such as /swara.")
    ] = "",
    origin: Annotated[
        list[str] | None,
        typer.Option(help="What else the page is opened under, behind a proxy: https://hub.example.org."),
    ] = None,
) -> None:
    """Open a page to sing to.

    It shows the pitch while you sing, and the report when you stop; it takes recordings too. Ctrl-C ends it.
    """
    from swara.service.web.server import USUAL_PORT, listen
    from swara.service.web.server import serve as serve_page

    address = listen(host, port, root_path=root_path, origins=origin or ())
    if port is None and address.port != USUAL_PORT:
        typer.echo(f"Port {USUAL_PORT} is taken; this is the next free one.")
    if address.is_open:
        typer.echo(
            f"Other machines reach this at {host}: whoever has the token hears your takes and changes what is"
            " kept, and nothing is encrypted. A browser gives its microphone to https and localhost alone."
        )
    typer.echo(f"swara is at {address.url}\nCtrl-C ends it.")
    environment = os.environ if history else None
    serve_page(address, store_at(store), environment=environment, opened=opened, say=typer.echo)
    typer.echo("Ended.")
