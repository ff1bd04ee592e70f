"""A report as one HTML page that needs nothing else: curve, sound, worst spots, tables."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import numpy as np

from swara.data.clip import Clip, Samples
from swara.index import Item
from swara.raga.ragas import Raga
from swara.raga.swaras import parse_swara
from swara.raga.tuning import Tuning
from swara.service.phrases import moment, percent, printable
from swara.service.report import wording
from swara.service.report.chart import COLOURS
from swara.service.take.report import TakeReport
from swara.service.take.summary import nearest_samples

from .notation_strip import notation_strip
from .svg_curve import SvgCurve

if TYPE_CHECKING:
    from jinja2 import Environment

    from swara.classifier.transcription import Transcription

__all__ = ["audio_uri", "report_script", "report_style", "templates", "to_fragment", "to_html"]

_NO_SAMPLES: Final[Mapping[Item, Clip]] = MappingProxyType({})
_NO_TARGETS: Final[Mapping[tuple[str, str], Clip]] = MappingProxyType({})
_BLOCK_S = 10
_MP3_LEVELS = MappingProxyType({16_000: 0.684, 32_000: 0.9, 44_100: 0.9})
"""The compression level at which libsndfile writes 56 kbit/s at a rate: plain enough for one voice.

Their frames have room for the tag that tells a player how much silence the encoder put in front. At 24 and at
48 kHz it does not fit, and the sound comes 23 to 46 ms late. Encoding at 16 kHz, as a take is heard, takes
half the time of 44.1 kHz.
"""

_OTHERWISE_HZ = 44_100


def to_html(
    report: TakeReport,
    clip: Clip,
    *,
    tuning: Tuning,
    raga: Raga,
    samples: Mapping[Item, Clip] = _NO_SAMPLES,
    targets: Mapping[tuple[str, str], Clip] = _NO_TARGETS,
    notation: Transcription | None = None,
) -> str:
    """Return a page that can be opened from disk, mailed, or printed.

    It asks for nothing from outside, and its content security policy lets only its own script and style run.
    All text is escaped. Two minutes of singing make about 1.5 MB, nearly all of it sound.

    Parameters
    ----------
    report : TakeReport
        The analysis of the take; one without notes makes a page too.
    clip : Clip
        The take itself, to listen to.
    tuning : Tuning
        Where the swara lines go.
    raga : Raga
        Which swaras get one.
    samples : mapping of Item to Clip
        The professional samples that can be played beside the take; those not here are named only.
    targets : mapping of (swara, saptak) to Clip
        How swaras should sound on this singer's Sa; those not here are given in Hz only.
    notation : Transcription, optional
        What was sung, to be read, and played against the take.
    """
    page = templates().get_template("page.html.j2")
    return page.render(
        report=report,
        curve=SvgCurve(report, tuning, raga),
        phrases=() if notation is None else notation_strip(notation, report.notes, tuning),
        nearest=nearest_samples(report),
        take_uri=audio_uri(clip),
        sample_uris={item: audio_uri(sound) for item, sound in samples.items()},
        target_uris={swara: audio_uri(sound) for swara, sound in targets.items()},
        script=report_script() + "showReport(document);",
        top=1,
        served=False,
    )


def to_fragment(
    report: TakeReport,
    *,
    tuning: Tuning,
    raga: Raga,
    place: str,
    playable: Collection[Item] = (),
    notation: Transcription | None = None,
) -> str:
    """Return the same report as a part of a page: style, script and sound are asked for by address.

    Nothing in it is inline, so that a policy of ``default-src 'self'`` lets it be. The page has
    `report_style` and `report_script`, and calls ``showReport`` on what holds the fragment. The nearest
    voices are asked for by number, in the order of `nearest_samples`.

    Parameters
    ----------
    report : TakeReport
        The analysis of the take; one without notes makes a part too.
    tuning : Tuning
        Where the swara lines go, and what is played as in tune.
    raga : Raga
        Which swaras get a line.
    place : str
        Address of the take, from that of the page, such as ``api/takes/4f2a``.
    playable : collection of Item
        The professional samples whose sound there is; others are named only.
    notation : Transcription, optional
        What was sung, to be read, and played against the take.
    """
    nearest = nearest_samples(report)
    voices = {near.item: f"{place}/nearest/{at}.wav" for at, (_, near) in enumerate(nearest)}
    swaras = {}
    for stats in report.per_swara:
        svarasthana, octave = parse_swara(f"{stats.saptak} {stats.swara}")
        cents = tuning.cents_of(svarasthana.index, octave)
        asked = {"sa": f"{report.tonic.hz:.3f}", "cents": f"{cents:.2f}", "seconds": 1.5}
        swaras[stats.swara, stats.saptak] = f"api/swara.wav?{urlencode(asked)}"
    return (
        templates()
        .get_template("take.html.j2")
        .render(
            report=report,
            curve=SvgCurve(report, tuning, raga),
            phrases=() if notation is None else notation_strip(notation, report.notes, tuning),
            nearest=nearest,
            take_uri=f"{place}/sound.wav",
            sample_uris={item: uri for item, uri in voices.items() if item in playable},
            target_uris=swaras,
            top=2,
            served=True,
        )
    )


def report_style() -> str:
    """Return the style sheet of a report and of a comparison, for a page that shows fragments."""
    return templates().get_template("style.css.j2").render(compared=True)


def report_script() -> str:
    """Return the module that brings a report to life: it exports ``showReport``.

    The one that it imports stands in the place of the import: a page of its own has no address to ask.
    """
    page, notation = (
        Path(__file__).with_name(name).read_text("utf-8") for name in ("page.js", "notation.js")
    )
    before, importing, after = page.partition('import { showNotation } from "./notation.js";\n')
    assert importing
    return before + notation + after


@cache
def templates() -> Environment:
    """Return the templates of the page, in which every text is made harmless where it is written."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader(__package__, ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_harmless,
    )
    templates.globals |= {"wording": wording, "colours": COLOURS, "moment": moment, "zip": zip}
    templates.filters |= {"px": "{:.1f}".format, "percent": percent, "csp": _csp_source}
    return templates


def _harmless(value: Any) -> Any:
    """Drop what text from outside could hide or break lines with; markup of our own stays as it is."""
    return printable(value) if type(value) is str else value


def _csp_source(inline: str) -> str:
    """Return the source expression that allows exactly this inline text (Content Security Policy Level 3)."""
    return "sha256-" + base64.b64encode(hashlib.sha256(inline.encode("utf-8")).digest()).decode("ascii")


def audio_uri(clip: Clip) -> str:
    """Return the recording as MP3 at a constant 56 kbit/s, which Chromium, Firefox and Safari all play.

    A constant rate is what lets a player jump to a time exactly. A libsndfile built without MP3 gives 16-bit
    WAV, five times as large at 16 kHz. Samples beyond full scale are clipped.

    Returns
    -------
    str
        ``data:audio/mpeg;base64,...`` or ``data:audio/wav;base64,...``.
    """
    import soundfile

    if "MP3" in soundfile.available_formats():
        media_type, rate_hz = "audio/mpeg", clip.rate_hz if clip.rate_hz in _MP3_LEVELS else _OTHERWISE_HZ
        form = {"format": "MP3", "subtype": "MPEG_LAYER_III", "compression_level": _MP3_LEVELS[rate_hz]}
        form["bitrate_mode"] = "CONSTANT"
    else:
        media_type, rate_hz = "audio/wav", clip.rate_hz
        form = {"format": "WAV", "subtype": "PCM_16"}
    file = io.BytesIO()
    with soundfile.SoundFile(file, "w", samplerate=rate_hz, channels=1, **form) as out:
        for block in _at_rate(clip, rate_hz):
            out.write(np.clip(block, -1.0, 1.0))
    return f"data:{media_type};base64,{base64.b64encode(file.getbuffer()).decode('ascii')}"


def _at_rate(clip: Clip, rate_hz: int) -> Iterator[Samples]:
    """Yield the samples at another rate, block by block: of a long take no second copy is made."""
    size = _BLOCK_S * clip.rate_hz
    blocks = [clip.samples[start : start + size] for start in range(0, clip.samples.size, size)]
    if rate_hz == clip.rate_hz:
        yield from blocks
        return
    import soxr

    stream = soxr.ResampleStream(clip.rate_hz, rate_hz, 1, dtype="float32")
    for number, block in enumerate(blocks, 1):
        yield stream.resample_chunk(block, last=number == len(blocks))
