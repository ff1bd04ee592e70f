"""Sounds from Freesound fetched into a folder, each with what its licence asks for.

The folder has the sounds, ``sounds.jsonl`` with a line for each, and ``ATTRIBUTION.md``. A sound is called by
its number, whatever its uploader called it. It is there whole or not at all, and not fetched again.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swara.data.errors import CorpusError, FreesoundError, SoundGone
from swara.data.storage.disk import sha256_of, write_atomically, write_bytes, writing
from swara.data.storage.json_lines import LineLog, converted

from .client import A_DAY, PAGE_SIZE, FreesoundClient, Page

if TYPE_CHECKING:
    import requests

__all__ = [
    "LICENCES",
    "LIST_NAME",
    "Estimate",
    "Fetched",
    "Search",
    "Sound",
    "estimate",
    "fetch",
    "kept_sounds",
]

LIST_NAME = "sounds.jsonl"
_ATTRIBUTION = "ATTRIBUTION.md"

LICENCES = {"cc0": "Creative Commons 0", "by": "Attribution", "by-nc": "Attribution NonCommercial"}
"""Licences by the names that they are asked for, and what the API calls them."""

_DEEDS = {"publicdomain/zero/": "cc0", "licenses/by/": "by", "licenses/by-nc/": "by-nc"}
_PREVIEW = "preview-hq-mp3"
_PREVIEW_BYTES_A_S = 16_000  # 128 kbit/s, as the API documents its better MP3
_TYPES = {"wav", "flac", "ogg", "mp3", "m4a", "aiff", "aif"}
_BLOCK_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, and what may be kept of it.

    Parameters
    ----------
    query : str
        As on the site.
    label : str
        The instrument that the sounds are labelled with.
    licences : tuple of str
        Names of `LICENCES`.
    limit : int
        The most sounds to fetch.
    longest_s : float
        The longest sound, in seconds.
    originals : bool
        Whether the originals are fetched in the place of previews.
    """

    query: str
    label: str
    licences: tuple[str, ...] = ("cc0", "by")
    limit: int = 200
    longest_s: float = 30.0
    originals: bool = False

    @property
    def wanted(self) -> str:
        """The filter in the API's words."""
        names = " OR ".join(f'"{LICENCES[name]}"' for name in self.licences)
        return f"license:({names}) duration:[0.2 TO {self.longest_s:g}]"


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound that was fetched.

    Parameters
    ----------
    id : int
        Its number on Freesound.
    file : str
        What it is called in the folder.
    sha256 : str
        Digest of its bytes.
    name, username, url : str
        What its uploader called it, who that is, and its page.
    licence : str
        The address of its licence.
    label : str
        The instrument that it was looked for as.
    duration_s : float
        How long Freesound says that it lasts.
    """

    id: int
    file: str
    sha256: str
    name: str
    username: str
    url: str
    licence: str
    label: str
    duration_s: float

    @property
    def credit(self) -> str:
        """What a licence that asks for attribution wants said."""
        return f'"{self.name}" by {self.username}, {self.url}, {self.licence}'


@dataclass(frozen=True, slots=True)
class Estimate:
    """What fetching would take: sounds, requests to the API, days at its limits, and bytes."""

    found: int
    sounds: int
    requests: int
    days: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of fetching: how many are new, how many were there, and which sounds failed and why."""

    new: int
    known: int
    failed: tuple[str, ...]


def kept_sounds(folder: Path) -> dict[int, Sound]:
    """Return the sounds that a folder's list has, by their numbers.

    Raises
    ------
    CorpusError
        If the list cannot be read, or a line of it is damaged.
    """
    kept: dict[int, Sound] = {}

    def apply(step: Mapping[str, Any]) -> None:
        sound = converted(step, Sound)
        if not sound.file.startswith(f"{sound.id}.") or Path(sound.file).name != sound.file:
            raise ValueError("a sound is called by its number")
        kept[sound.id] = sound

    LineLog(folder / LIST_NAME, CorpusError).replay_whole(apply)
    return kept


def estimate(client: FreesoundClient, search: Search) -> Estimate:
    """Ask for the first page alone, and return what fetching the rest would take; errors as of `fetch`."""
    page = _found(next(client.pages(search.query, search.wanted)), search)
    sounds = min(page.count, search.limit)
    sizes = [
        float(sound.get("filesize") or 0.0)
        if search.originals
        else _PREVIEW_BYTES_A_S * float(sound.get("duration") or 0.0)
        for sound in page.sounds
    ]
    asked = math.ceil(sounds / PAGE_SIZE) + (sounds if search.originals else 0)
    mean = sum(sizes) / max(1, len(sizes))
    return Estimate(page.count, sounds, asked, math.ceil(asked / A_DAY), round(mean * sounds))


def fetch(
    client: FreesoundClient,
    search: Search,
    folder: Path,
    progress: Callable[[float], None] | None = None,
) -> Fetched:
    """Fetch what a search finds into a folder, but for what is there.

    Parameters
    ----------
    client : FreesoundClient
        Whom to ask.
    search : Search
        What to look for.
    folder : Path
        Where to put it; it is made if it is not there.
    progress : callable, optional
        Called with the share of the sounds that is done.

    Raises
    ------
    FreesoundError
        If nothing is found, or the API refuses, fails or asks to wait for long.
    OutputError
        If the disk takes no more. What was fetched before is kept, listed and credited, as above.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    log, kept = LineLog(folder / LIST_NAME, CorpusError), kept_sounds(folder)
    counts, failed = Counter[str](), list[str]()
    try:
        for number, (told, total) in enumerate(_results(client, search)):
            if progress is not None:
                progress(number / max(1, total))
            try:
                new = _fetch_one(client, search, told, folder, kept)
            except _Unusable as reason:
                failed.append(f"sound {told.get('id')}: {reason}")
                continue
            counts["known" if new is None else "new"] += 1
            if new is not None:
                log.append(asdict(new))
                kept[new.id] = new
    finally:
        if kept:  # whatever is new: an end without warning may have left it behind the list
            write_bytes(folder / _ATTRIBUTION, _attribution(kept).encode())
    return Fetched(counts["new"], counts["known"], tuple(failed))


class _Unusable(Exception):
    """One sound cannot be had; the others can."""


def _found(page: Page, search: Search) -> Page:
    if not page.count or not page.sounds:
        raise FreesoundError(
            f'nothing on Freesound answers to "{search.query}" under these licences',
            fix="Use fewer words, or allow longer sounds with --max-seconds",
        )
    return page


def _results(client: FreesoundClient, search: Search) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield each sound once, at most so many as are wanted, and how many that will be."""
    seen = set[object]()
    for number, page in enumerate(client.pages(search.query, search.wanted)):
        if number == 0:
            _found(page, search)
        for sound in page.sounds:
            if sound.get("id") in seen:  # pages shift while somebody uploads
                continue
            seen.add(sound.get("id"))
            yield sound, min(page.count, search.limit)
            if len(seen) >= search.limit:
                return


def _fetch_one(
    client: FreesoundClient, search: Search, told: Mapping[str, Any], folder: Path, kept: Mapping[int, Sound]
) -> Sound | None:
    """Fetch a sound and return what is to be noted of it; None if it is there."""
    sound = _described(told, search)
    before = kept.get(sound.id)
    if before is not None and _is_there(folder / before.file, before.sha256):
        if before.label != sound.label:
            raise _Unusable(f"it was fetched as {before.label} before, and is not {sound.label} too")
        return None
    url = told["previews"].get(_PREVIEW) if isinstance(told.get("previews"), dict) else None
    if not search.originals and not isinstance(url, str):
        raise _Unusable("it has no preview")
    path = folder / sound.file
    try:
        answer = client.original(sound.id) if search.originals else client.preview(str(url))
    except SoundGone as error:
        raise _Unusable(error.what) from error
    with answer:
        digest = _save(answer, path, str(told.get("md5") or "") if search.originals else "")
    return replace(sound, sha256=digest)


def _described(told: Mapping[str, Any], search: Search) -> Sound:
    """Return what is told of a sound, held against what may be kept."""
    import msgspec

    kind = str(told.get("type", "")).lower() if search.originals else "mp3"
    try:
        fields = {name: told[name] for name in ("id", "name", "username", "url")}
        more = {"licence": told["license"], "duration_s": float(told["duration"])}
        file = f"{int(told['id'])}.{kind}"
        sound = converted({**fields, **more, "file": file, "sha256": "", "label": search.label}, Sound)
    except (KeyError, TypeError, ValueError, msgspec.ValidationError) as error:
        raise _Unusable(f"Freesound does not say enough of it: {error}") from error
    if kind not in _TYPES:
        raise _Unusable(f"its original is of a kind that is not read: {kind}")
    licence = next(
        (name for deed, name in _DEEDS.items() if f"creativecommons.org/{deed}" in sound.licence), None
    )
    if licence not in search.licences:
        raise _Unusable(f"its licence is not one of those asked for: {sound.licence}")
    return sound


def _is_there(path: Path, sha256: str) -> bool:
    try:
        return sha256_of(path) == sha256
    except OSError:
        return False


def _save(answer: requests.Response, path: Path, md5: str) -> str:
    """Put an answer into a file, whole or not at all, and return the digest of its bytes."""
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith("audio/") and kind not in {"application/octet-stream", "application/ogg"}:
        raise _Unusable(f"what came is {kind or 'of no kind'}, no sound")
    digests, size = (hashlib.sha256(), hashlib.md5(usedforsecurity=False)), 0

    def write(part: Path) -> None:
        nonlocal size
        with part.open("wb") as file:
            for block in _blocks(answer):
                file.write(block)
                size += len(block)
                for digest in digests:
                    digest.update(block)
        told = answer.headers.get("content-length", "")
        if not size or (told.isdigit() and size != int(told)):
            raise _Unusable(f"{size} bytes came of {told or 'some'}")
        if md5 and digests[1].hexdigest() != md5.lower():
            raise _Unusable("what came is not what Freesound has")

    write_atomically(path, write)
    return digests[0].hexdigest()


def _blocks(answer: requests.Response) -> Iterator[bytes]:
    """Yield what comes; what fails on the way is no failure of the disk."""
    import requests

    try:
        yield from answer.iter_content(_BLOCK_BYTES)
    except requests.RequestException as error:
        raise _Unusable("it broke off on the way") from error


def _attribution(kept: Mapping[int, Sound]) -> str:
    lines = [f"- {' '.join(sound.credit.split())}" for _, sound in sorted(kept.items())]
    head = "Sounds from freesound.org, each under the licence that it names. Keep this list with them.\n"
    return "\n".join(["# Attribution", "", head, *lines, ""])
