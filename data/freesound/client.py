"""The client of the API of Freesound: searches and sounds, within its limits, the key shown to it alone.

It talks to ``GET /apiv2/search/``, page by page, and fetches previews from wherever these say they lie. The
key, or the token that originals ask for, goes out in the header ``Authorization`` to the API's own host, and
to none that this redirects to.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from swara.data.errors import FreesoundError, MissingPackage, SoundGone

if TYPE_CHECKING:
    import requests

__all__ = ["A_DAY", "A_MINUTE", "PAGE_SIZE", "FreesoundClient", "Page"]

A_MINUTE, A_DAY = 60, 2000
"""Requests that the API allows."""

PAGE_SIZE = 150
"""The most that a page of results holds."""

FIELDS = "id,name,username,license,url,duration,filesize,md5,type,previews"

_TRIES = 4
_PATIENCE_S = 180.0
"""The longest that is waited at a time where the API asks to; beyond it, it is said when to come back."""

_TIMEOUT_S = (10.0, 60.0)
_MOST_REDIRECTS = 5
_REFUSALS = {
    400: ("Freesound does not understand this search", "Write the query more plainly"),
    401: ("Freesound refuses the key", "Set FREESOUND_API_KEY to one from freesound.org/apiv2/apply"),
    403: ("Freesound forbids this", "Originals need a token that has not expired in FREESOUND_OAUTH_TOKEN"),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of results.

    Parameters
    ----------
    count : int
        How many sounds all pages have together.
    sounds : tuple of mapping
        Those of this page, as the API describes them.
    next : str or None
        Where the next page is.
    """

    count: int
    sounds: tuple[Mapping[str, Any], ...]
    next: str | None


@dataclass(slots=True)
class FreesoundClient:
    """A connection that knows its limits.

    Parameters
    ----------
    key : str
        Of the API; never part of an address or a message.
    token : str
        Of OAuth2, for originals; empty for none.
    base_url : str
        Scheme, host and port of the API.
    now_s, sleep : callable
        The clock, in seconds since 1970, and how to wait for so many of them.
    """

    key: str = field(repr=False)
    token: str = field(default="", repr=False)
    base_url: str = "https://freesound.org"
    now_s: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    requests_made: int = field(default=0, init=False)
    _recent_s: deque[float] = field(default_factory=deque, init=False, repr=False)
    _session: requests.Session = field(init=False, repr=False)

    def __post_init__(self) -> None:
        try:
            import requests
        except ImportError as error:
            from swara.data.installation import install_command

            raise MissingPackage(
                "Freesound needs the package requests",
                fix=f"Install it with: {install_command(extra='freesound')}",
            ) from error
        self._session = requests.Session()
        self._session.auth = lambda request: request  # else a .netrc would have its say

    def pages(self, query: str, wanted: str, page_size: int = PAGE_SIZE) -> Iterator[Page]:
        """Yield the pages that answer a query.

        Parameters
        ----------
        query : str
            What to look for, as on the site.
        wanted : str
            The filter, in the API's own words.
        page_size : int
            Sounds on a page.

        Raises
        ------
        FreesoundError
            If the API refuses, fails, or asks to wait for long.
        """
        words = {"query": query, "filter": wanted, "fields": FIELDS, "page_size": str(page_size)}
        where: str | None = f"{self.base_url}/apiv2/search/"
        seen = set[str]()
        while where and where not in seen:
            seen.add(where)
            with self._asked(where, words) as answer:
                page = _page(answer)
            yield page
            where, words = self._next(page), {}

    def original(self, sound_id: int) -> requests.Response:
        """Open the original of a sound, to be read as a stream and closed; errors as of `pages`."""
        return self._asked(f"{self.base_url}/apiv2/sounds/{sound_id}/download/", {}, f"Bearer {self.token}")

    def preview(self, url: str) -> requests.Response:
        """Open a preview, to be read as a stream and closed; no key goes there. Errors as of `pages`."""
        return self._fetched(url, {}, None)

    def _asked(
        self, url: str, words: Mapping[str, str], authorization: str | None = None
    ) -> requests.Response:
        return self._fetched(url, words, authorization or f"Token {self.key}")

    def _fetched(self, url: str, words: Mapping[str, str], authorization: str | None) -> requests.Response:
        """Try until there is an answer that stands, and follow redirects with no more than they may know."""
        for _ in range(_MOST_REDIRECTS):
            answer = self._answered(url, words, authorization)
            if not answer.is_redirect:
                return answer
            answer.close()
            url, words = urljoin(url, answer.headers["location"]), {}
            if authorization and not self._is_ours(url):
                if authorization.startswith("Token"):
                    raise FreesoundError(
                        f"Freesound sends its API on to another host, {urlsplit(url).hostname}: not followed",
                        fix="Try again later",
                    )
                authorization = None  # the original lies with a CDN
        raise FreesoundError("Freesound redirects without end", fix="Try again later")

    def _answered(self, url: str, words: Mapping[str, str], authorization: str | None) -> requests.Response:
        for attempt in range(_TRIES):
            answer, wait_s = self._once(url, words, authorization), 2.0**attempt
            if answer is not None and answer.status_code < 400:
                return answer
            if answer is not None:
                answer.close()
                if answer.status_code == 429:
                    wait_s = self._asked_to_wait(answer)
                elif answer.status_code < 500:
                    raise _refusal(answer.status_code, url, alone=authorization is None)
            if attempt < _TRIES - 1:
                self.sleep(wait_s)
        failed = "cannot be reached" if answer is None else f"answers with {answer.status_code}"
        alone = answer is not None and authorization is None and answer.status_code != 429
        raise (SoundGone if alone else FreesoundError)(
            f"Freesound {failed}, {_TRIES} times over",
            where=urlsplit(url).hostname,
            fix="Run the same again later: what was fetched is kept",
        )

    def _once(
        self, url: str, words: Mapping[str, str], authorization: str | None
    ) -> requests.Response | None:
        """Return the answer to one request; None where nobody answers."""
        import requests

        headers = {"Accept-Encoding": "identity"}
        if authorization:
            if not self._is_ours(url):
                raise ValueError("a key for another host")
            self._keep_within_limits()
            headers["Authorization"] = authorization
        elif urlsplit(url).scheme not in {"https", urlsplit(self.base_url).scheme}:
            raise FreesoundError("a sound is said to lie at no address of the web", where=url)
        try:
            return self._session.get(
                url,
                params=dict(words),
                headers=headers,
                stream=True,
                timeout=_TIMEOUT_S,
                allow_redirects=False,
            )
        except requests.RequestException:
            return None

    def _keep_within_limits(self) -> None:
        if self.requests_made >= A_DAY:
            raise FreesoundError(
                f"Freesound allows {A_DAY} requests a day, which are used up",
                fix="Run the same again tomorrow: what was fetched is kept",
            )
        while self._recent_s and self.now_s() - self._recent_s[0] >= 60.0:
            self._recent_s.popleft()
        if len(self._recent_s) >= A_MINUTE:
            self.sleep(60.0 - (self.now_s() - self._recent_s.popleft()))
        self._recent_s.append(self.now_s())
        self.requests_made += 1

    def _asked_to_wait(self, answer: requests.Response) -> float:
        """Return how long the API asks to wait.

        Raises
        ------
        FreesoundError
            If that is longer than anybody would sit and wait.
        """
        told = answer.headers.get("retry-after", "")
        try:
            wait_s = float(told) if told.isdigit() else parsedate_to_datetime(told).timestamp() - self.now_s()
        except (TypeError, ValueError):
            wait_s = 60.0  # the shorter of its limits
        if wait_s > _PATIENCE_S:
            when = datetime.fromtimestamp(self.now_s() + wait_s, UTC)
            raise FreesoundError(
                f"Freesound asks to wait for {wait_s / 60:.0f} minutes: its limit of requests is reached",
                fix=f"Run the same again from {when:%H:%M} UTC on: what was fetched is kept",
            )
        return max(wait_s, 0.0)

    def _is_ours(self, url: str) -> bool:
        return urlsplit(url)[:2] == urlsplit(self.base_url)[:2]

    def _next(self, page: Page) -> str | None:
        """Return the address of the next page, on the API's own host and by its scheme."""
        if page.next is None:
            return None
        parts = urlsplit(urljoin(f"{self.base_url}/apiv2/search/", page.next))
        if parts.hostname != urlsplit(self.base_url).hostname or not parts.path.startswith("/apiv2/"):
            raise FreesoundError(
                f"Freesound says that its next page is at {parts.hostname}: not followed",
                fix="Try again later",
            )
        return f"{self.base_url}{parts.path}?{parts.query}"


def _refusal(status: int, url: str, *, alone: bool) -> FreesoundError:
    """Return what a status says; `alone` where it is about one sound and not about who asks."""
    what, fix = _REFUSALS.get(status, (f"Freesound answers with {status}", "Try again later"))
    if alone or status == 404:
        return SoundGone(f"it cannot be had: status {status}", where=urlsplit(url).hostname)
    return FreesoundError(what, where=urlsplit(url).hostname, fix=fix)


def _page(answer: requests.Response) -> Page:
    import requests

    try:
        told = answer.json()
        sounds, count, following = told["results"], told["count"], told.get("next")
    except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FreesoundError("Freesound's answer cannot be read", fix="Try again later") from error
    whole = isinstance(sounds, list) and all(isinstance(sound, dict) for sound in sounds)
    if not whole or not isinstance(count, int) or not isinstance(following, str | None):
        raise FreesoundError("Freesound's answer cannot be read", fix="Try again later")
    return Page(count, tuple(sounds), following)
