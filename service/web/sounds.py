"""Sounds to sing by: the tanpura and a voice on a pitch, made when they are asked for, then kept."""

from __future__ import annotations

import math
from functools import lru_cache

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from swara.raga.errors import SwaraError
from swara.raga.tonic_names import MAX_SA_HZ, MIN_SA_HZ

from .take_routes import wav_of

__all__ = ["sound_routes"]

_RATE_HZ = 22_050
_SEED = 0
_MOST_S, _MOST_CENTS = 10.0, 2400.0
_KEPT = {"cache-control": "private, max-age=3600"}


def sound_routes() -> list[Route]:
    """Return the routes ``/api/tanpura.wav`` and ``/api/swara.wav``."""
    turn = CapacityLimiter(1)  # one is made at a time: the singers come first

    async def drone(request: Request) -> Response:
        sa_hz, tuning = (
            _number(request, "sa", MIN_SA_HZ, MAX_SA_HZ),
            request.query_params.get("tuning", "PSSS"),
        )
        if tuning not in ("PSSS", "MSSS", "NSSS"):
            raise SwaraError("a tanpura is tuned PSSS, MSSS or NSSS", where="tuning")
        sound = await run_sync(_drone, round(sa_hz, 2), tuning, limiter=turn)
        return Response(sound, media_type="audio/wav", headers=_KEPT)

    async def voice(request: Request) -> Response:
        sa_hz = _number(request, "sa", MIN_SA_HZ, MAX_SA_HZ)
        cents = _number(request, "cents", -_MOST_CENTS, _MOST_CENTS, 0.0)
        seconds = _number(request, "seconds", 0.2, _MOST_S, 1.5)
        sound = await run_sync(_voice, round(sa_hz, 2), round(cents, 1), round(seconds, 2), limiter=turn)
        return Response(sound, media_type="audio/wav", headers=_KEPT)

    return [Route("/api/tanpura.wav", drone), Route("/api/swara.wav", voice)]


def _number(request: Request, name: str, least: float, most: float, usual: float | None = None) -> float:
    given = request.query_params.get(name)
    if given is None and usual is not None:
        return usual
    try:
        value = float(given or "")
    except ValueError:
        value = math.nan
    if not least <= value <= most:  # NaN too
        raise SwaraError(
            f"{(given or 'nothing')[:20]} was given", where=name, fix=f"Give {least:g} to {most:g}"
        )
    return value


@lru_cache(maxsize=8)
def _drone(sa_hz: float, tuning: str) -> bytes:
    import numpy as np

    from swara.data.clip import Clip
    from swara.data.synth.tanpura import tanpura_loop

    rng = np.random.default_rng(_SEED)
    return wav_of(Clip(tanpura_loop(sa_hz, rate_hz=_RATE_HZ, rng=rng, tuning=tuning), _RATE_HZ))


@lru_cache(maxsize=64)
def _voice(sa_hz: float, cents: float, seconds: float) -> bytes:
    import numpy as np

    from swara.data.clip import Clip
    from swara.data.synth import VOICES, SungNote, render_contour, sing

    rng, hz = np.random.default_rng(_SEED), sa_hz * 2.0 ** (cents / 1200.0)
    voice = min(VOICES.values(), key=lambda each: abs(math.log(math.sqrt(math.prod(each.range_hz)) / hz)))
    contour = render_contour([SungNote(cents, seconds)], sa_hz, rng=rng)
    return wav_of(Clip(sing(contour, voice, rate_hz=_RATE_HZ, rng=rng), _RATE_HZ))
