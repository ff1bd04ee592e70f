"""Who asks Freesound, and for what: the key from the environment, the search as it was typed."""

from __future__ import annotations

from collections.abc import Mapping

from swara.data.corpora.labels import instrument_named
from swara.data.errors import FreesoundError
from swara.data.freesound.client import FreesoundClient
from swara.data.freesound.download import Search

__all__ = ["freesound_client", "sounds_wanted"]


def freesound_client(environment: Mapping[str, str], *, originals: bool) -> FreesoundClient:
    """Return a client with the key, and for originals the token, that the environment has.

    Parameters
    ----------
    environment : mapping of str to str
        ``FREESOUND_API_KEY``, ``FREESOUND_OAUTH_TOKEN``; ``FREESOUND_URL`` for another server than Freesound.
    originals : bool
        Whether the token is needed.

    Raises
    ------
    FreesoundError
        If what is needed is not there, or cannot be sent.
    MissingPackage
        If the extra ``freesound`` is not installed.
    """
    key, token = (
        environment.get(name, "").strip() for name in ("FREESOUND_API_KEY", "FREESOUND_OAUTH_TOKEN")
    )
    for name, value, needed in (
        ("FREESOUND_API_KEY", key, True),
        ("FREESOUND_OAUTH_TOKEN", token, originals),
    ):
        if needed and not value:
            raise FreesoundError(
                f"{name} is not set", fix="Get one from freesound.org/apiv2/apply and set it"
            )
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise FreesoundError(f"{name} holds what no key does", fix="Copy it again")
    if url := environment.get("FREESOUND_URL", "").rstrip("/"):
        return FreesoundClient(key, token, url)
    return FreesoundClient(key, token)


def sounds_wanted(
    query: str, instrument: str, licences: tuple[str, ...], limit: int, longest_s: float, *, originals: bool
) -> Search:
    """Return the search for what was typed; its label is the instrument, or the query where none was given.

    Parameters
    ----------
    query, instrument : str
        What to look for, and what it is called then.
    licences : tuple of str
        Which are taken.
    limit, longest_s, originals
        As of `Search`.

    Raises
    ------
    FreesoundError
        If there is nothing to look for.
    """
    if not query.strip():
        raise FreesoundError("the query is empty", fix='Say what to look for: --query "cello note"')
    return Search(query, instrument_named(instrument or query), licences, limit, longest_s, originals)
