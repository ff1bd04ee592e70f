"""A score drawn by verovio, all its pages below one another in one SVG."""

from __future__ import annotations

import importlib.util
import re

from swara.data.errors import MissingPackage
from swara.data.installation import install_command

__all__ = ["check_verovio", "to_svg"]

_OPTIONS = {
    "adjustPageHeight": True,
    "footer": "none",
    "header": "auto",
    "lyricSize": 4.2,
    "lyricTopMinMargin": 4.0,
    "pageHeight": 2970,
    "pageWidth": 2100,
    "scale": 40,
    "spacingLinear": 0.35,
    "svgViewBox": False,
    "xmlIdSeed": 1,
}
"""A4, in tenths of a millimetre. With a seed, a score is drawn the same each time."""

_SIZE = re.compile(r'<svg width="([\d.]+)px" height="([\d.]+)px"([^>]*) id="([^"]+)">')


def check_verovio() -> None:
    """Look for verovio without importing it.

    Raises
    ------
    MissingPackage
        If it is not installed.
    """
    if importlib.util.find_spec("verovio") is None:
        raise MissingPackage(
            "A staff is drawn by verovio, which is not installed",
            fix=f"Install it with: {install_command(extra='staff')}",
        )


def to_svg(musicxml: str) -> str:
    """Draw a score.

    Parameters
    ----------
    musicxml : str
        As `to_musicxml` writes it.

    Returns
    -------
    str
        One picture, however long the score is: its pages stand below one another.

    Raises
    ------
    MissingPackage
        If verovio is not installed.
    """
    check_verovio()
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(_OPTIONS)
    if not toolkit.loadData(musicxml):
        raise ValueError(f"verovio cannot read this score: {toolkit.getLog()}")
    return _stacked([toolkit.renderToSVG(number) for number in range(1, toolkit.getPageCount() + 1)])


def _stacked(pages: list[str]) -> str:
    drawn, below, widest = [], 0.0, 0.0
    for number, page in enumerate(pages, 1):
        found = _SIZE.search(page)
        if found is None:
            raise ValueError(f"page {number} has no size")
        width, height = float(found[1]), float(found[2])
        placed = f'<svg y="{below:g}" width="{found[1]}" height="{found[2]}"{found[3]} id="{found[4]}">'
        whole = placed + page[found.end() :]
        # Names, where they are given and used: verovio repeats some in its pages.
        names = rf'(?: id="|href="#)[^"]+|#{found[4]}(?= )'
        drawn.append(whole if number == 1 else re.sub(names, rf"\g<0>p{number}", whole))
        below, widest = below + height, max(widest, width)
    size = f'width="{widest:g}" height="{below:g}" viewBox="0 0 {widest:g} {below:g}"'
    sheet = '<rect width="100%" height="100%" fill="white"/>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n{sheet}\n{"".join(drawn)}</svg>\n'
