"""MusicXML as others see it: music21 reads every note, and the schema that it brings finds nothing wrong."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from benchmarks.notation.round_trips import _READERS, Sung
from benchmarks.notation.singing import written_take
from swara.classifier.pitch.head import pitch_tracker
from swara.classifier.transcription import transcribe
from swara.service.report.notation.musicxml import to_musicxml
from swara.service.report.notation.score import score_of_take

music21 = pytest.importorskip("music21")
_OTHERS = {
    "xml": ("http://www.w3.org/XML/1998/namespace", "lang space"),
    "xlink": ("http://www.w3.org/1999/xlink", "href type role title show actuate"),
}


@pytest.fixture(scope="module")
def sung() -> Sung:
    taken = written_take(1)
    track = pitch_tracker("head").track(taken.take.clip)
    return Sung("take", transcribe(track, taken.take.sa_hz, taken.raga, source="take"), track)


def test_music21_reads_every_note(sung: Sung) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", music21.musicxml.xmlToM21.MusicXMLWarning)
        assert _READERS["MusicXML read by music21"](sung)


@pytest.mark.parametrize("sa_as", [60, 61, None])
def test_the_schema_finds_nothing_wrong(sung: Sung, tmp_path: Path, sa_as: int | None) -> None:
    etree = pytest.importorskip("lxml.etree")
    schema = Path(music21.__file__).with_name("musicxml") / "musicxml.xsd"
    text = schema.read_text("utf-8").replace("http://www.musicxml.org/xsd/", "")
    (tmp_path / "musicxml.xsd").write_text(text, "utf-8")
    for name, (space, attributes) in _OTHERS.items():
        listed = "".join(f'<xs:attribute name="{each}" type="xs:string"/>' for each in attributes.split())
        opened = f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{space}">'
        (tmp_path / f"{name}.xsd").write_text(f"{opened}{listed}</xs:schema>", "utf-8")
    valid = etree.XMLSchema(etree.parse(str(tmp_path / "musicxml.xsd")))
    written = to_musicxml(score_of_take(sung.found, sa_as=sa_as)).encode()
    valid.assertValid(etree.fromstring(written))
    with pytest.raises(etree.DocumentInvalid):
        valid.assertValid(etree.fromstring(written.replace(b"<voice>1</voice>", b"<voce>1</voce>")))
