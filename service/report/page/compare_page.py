"""A comparison of two takes as one HTML page that needs nothing else, and as a part of a page."""

from __future__ import annotations

from pathlib import Path

from swara.data.clip import Clip
from swara.raga.ragas import Raga
from swara.raga.tuning import Tuning
from swara.service.compare.comparison import Comparison
from swara.service.compare.words import tempo_words

from .compare_curve import CompareCurve
from .html_page import audio_uri, templates

__all__ = ["comparison_fragment", "comparison_page", "comparison_script"]


def comparison_page(comparison: Comparison, mine: Clip, guru: Clip, *, tuning: Tuning, raga: Raga) -> str:
    """Return a page that can be opened from disk, mailed, or printed, as ``to_html`` does of one take.

    Parameters
    ----------
    comparison : Comparison
        What it shows; one in which nothing fits makes a page too.
    mine, guru : Clip
        The takes, to listen to.
    tuning : Tuning
        Where the swara lines go.
    raga : Raga
        Which swaras get one, where the raga was given; else those that either take holds.
    """
    page = templates().get_template("compared.html.j2")
    return page.render(
        comparison=comparison,
        report=comparison.mine,
        curve=CompareCurve(comparison, tuning, raga),
        mine_uri=audio_uri(mine),
        guru_uri=audio_uri(guru),
        tempo_words=tempo_words,
        script=comparison_script() + "showComparison(document);",
        compared=True,
        top=1,
        served=False,
    )


def comparison_fragment(
    comparison: Comparison, *, tuning: Tuning, raga: Raga, mine_uri: str, guru_uri: str
) -> str:
    """Return the same as a part of a page: style, script and sound are asked for by address.

    Parameters
    ----------
    comparison, tuning, raga
        As for `comparison_page`.
    mine_uri, guru_uri : str
        Addresses of the sound of both, from that of the page.
    """
    page = templates().get_template("compare.html.j2")
    return page.render(
        comparison=comparison,
        report=comparison.mine,
        curve=CompareCurve(comparison, tuning, raga),
        mine_uri=mine_uri,
        guru_uri=guru_uri,
        tempo_words=tempo_words,
        top=2,
        served=True,
    )


def comparison_script() -> str:
    """Return the module that brings a comparison to life: it exports ``showComparison``."""
    return Path(__file__).with_name("comparison.js").read_text("utf-8")
