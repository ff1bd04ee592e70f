"""What names of files and folders, and tables, say of recordings; no audio is read."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from swara.data.errors import CorpusError
from swara.data.layouts import Given, LayoutContents, RecordingSpec, read_layout
from swara.data.layouts.parsed_name import parse_name
from swara.raga.notation import swara_letter
from swara.raga.tonic_names import parse_tonic

GIVEN = Given(singer="Asha", licence="own")
A = Given("Asha", "own", parse_tonic("A"))


def _swaras(name: str) -> list[str]:
    return [swara_letter(*pitch) for pitch in parse_name(name).swaras]


def _scale(described: RecordingSpec) -> tuple[int | None, int | None]:
    return described.tonic.pitch_class, described.tonic.octave


def _read(folder: Path, *names: str, given: Given = GIVEN) -> LayoutContents:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return read_layout(folder, given)


def _found(layout: LayoutContents, folder: Path) -> dict[str, str]:
    return {
        one.path.relative_to(folder).as_posix(): " ".join(swara_letter(*note.pitch) for note in one.notes)
        for one in layout.described
    }


@pytest.mark.parametrize(
    ("swara", "names"),
    [
        ("S", ["sa", "SA", "sa1", "Sa (2)", "सा"]),
        ("S'", ["Taar-Sa", "TaarSa", "taar_sa", "sa taar", "high sa", "S'", "S’"]),
        ("G", ["03_ga_take2", "Asha_ga"]),
        ("P", ["note 5 - pa", "P_take3", "take A pa"]),
        ("d", ["dha_komal", "komal-dha"]),
        ("M", ["ma tivra 2"]),
        (".D", ["mandra_dha"]),
        (".n", ["mandra komal ni"]),
        (".P", ["Pa mandra"]),
        ("R", ["Rishabh", "ऋषभ"]),
        ("r", ["r"]),
    ],
)
def test_a_swara_in_a_name(swara: str, names: list[str]) -> None:
    assert {name: _swaras(name) for name in names} == {name: [swara] for name in names}


@pytest.mark.parametrize(
    ("scale", "names"),
    [
        ((10, None), ["A#", "Asharp", "A-sharp", "a sharp", "Bb", "B flat", "B-flat"]),
        ((0, None), ["C"]),
        ((1, None), ["scale C#", "Bhupali in C♯", "kali 1", "काली १"]),
        ((2, None), ["scale_d"]),
        ((1, 3), ["C#3"]),
        ((8, None), ["4th black"]),
        ((9, None), ["take2 A"]),
    ],
)
def test_a_scale_in_a_name(scale: tuple[int, int | None], names: list[str]) -> None:
    for name in names:
        (found,) = parse_name(name).scales
        assert (found.pitch_class, found.octave) == scale
        assert not _swaras(name)


@pytest.mark.parametrize(
    "name", ["take1", "take A", "A. R. Khan", "P. Singh", "gaa", "low-male", "a", "c", "12"]
)
def test_a_name_that_says_nothing(name: str) -> None:
    found = parse_name(name)
    assert (found.swaras, found.scales, found.doubt) == ((), (), None)
    found = parse_name("Bhupali aroha S R G P D S'")  # a phrase is no single note
    assert (found.swaras, found.doubt, found.ragas) == ((), None, ("bhupali",))


@pytest.mark.parametrize("name", ["138,59", "138.59 Hz", "Sa 138,59", "Asha 138.59hz ga"])
def test_a_frequency_in_a_name(name: str) -> None:
    assert [scale.hz for scale in parse_name(name).scales] == [138.59]


@pytest.mark.parametrize(
    ("name", "ragas"),
    [
        ("भूपाली राग", ("bhupali",)),
        ("Raag Bhupali Kishori", ("bhupali",)),
        ("Ahir Bhairav", ("ahir bhairav",)),
        ("Nat Bhairav", ("Nat Bhairav",)),
        ("Sindhu Bhairavi", ("Sindhu Bhairavi",)),
        ("raag Anandi", ("Anandi",)),
    ],
)
def test_a_raga_in_a_name(tmp_path: Path, name: str, ragas: tuple[str, ...]) -> None:
    found = parse_name(name)
    assert (*found.ragas, *found.other_ragas) == ragas
    layout = _read(tmp_path, f"A/{name}.mp3", f"B/{name}/sa.mp3")
    assert [str(one.error).partition(": ")[2][:30] for one in layout.refused] == [
        f'the raga "{each}" is not known yet'[:30] for each in found.other_ragas
    ]
    own = Given("Asha", "own", None, "S r G m P d N")
    assert len(_read(tmp_path, given=own).described) == 2 - bool(found.ragas) * 2


def test_folders_by_scale_and_files_by_swara(tmp_path: Path) -> None:
    layout = _read(
        tmp_path, "A#/sa.wav", "A#/Taar-Sa.wav", "C/03_ga_take2.flac", "D/Pa/take1.wav", "D/Pa/x.mp3"
    )
    assert not layout.refused
    assert _found(layout, tmp_path) == {
        "A#/sa.wav": "S",
        "A#/Taar-Sa.wav": "S'",
        "C/03_ga_take2.flac": "G",
        "D/Pa/take1.wav": "P",
        "D/Pa/x.mp3": "P",
    }
    assert [_scale(one)[0] for one in layout.described] == [10, 10, 0, 2, 2]
    assert [one.group.name for one in layout.described] == ["A#", "A#", "C", "D", "D"]


def test_raga_recordings_by_scale(tmp_path: Path) -> None:
    layout = _read(tmp_path, *(f"Bhupali/{scale}.mp3" for scale in ("A#", "B", "C", "C#", "D")))
    assert not layout.refused
    assert [_scale(one)[0] for one in layout.described] == [10, 11, 1, 0, 2]
    assert {(one.raga, one.notes) for one in layout.described} == {("bhupali", ())}


def test_lone_letters_mean_what_their_neighbours_mean(tmp_path: Path) -> None:
    swaras = _read(tmp_path / "one", *(f"{letter}.wav" for letter in "SRGPD"), given=A)
    assert list(_found(swaras, tmp_path / "one").values()) == ["D", "G", "P", "R", "S"]
    nested = _read(tmp_path / "two", *(f"D/{letter}.wav" for letter in "SRGPD"))
    assert list(_found(nested, tmp_path / "two").values()) == ["D", "G", "P", "R", "S"]
    assert list(_found(_read(tmp_path / "A", "D/dha.wav"), tmp_path / "A").values()) == ["D"]
    assert {_scale(one) for one in nested.described} == {(2, None)}
    named = _read(tmp_path / "D", "sa.wav", "ga.wav")  # the name of the folder itself
    assert {_scale(one) for one in named.described} == {(2, None)}


def test_a_lone_letter_that_could_be_both_is_refused(tmp_path: Path) -> None:
    layout = _read(tmp_path, "D/take1.wav")
    (refused,) = layout.refused
    assert not layout.described
    assert '"D" may be the scale D or the swara Dha' in str(refused.error)
    assert 'Call it "scale D" or "Dha"' in str(refused.error)
    # A tonic that is given leaves one reading.
    for given, swara in ((A, "D"), (Given("Asha", "own", parse_tonic("D3")), "")):
        assert _found(_read(tmp_path, given=given), tmp_path) == {"D/take1.wav": swara}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("A/sa_re.wav", "several swaras: Sa and Re"),
        ("A/Pa/ga.wav", "several swaras: Pa and Ga"),
        ("A/C#/ga.wav", "several scales: A and C#"),
        ("x/ga.wav", "which scale"),
    ],
)
def test_two_meanings_or_none_are_refused(tmp_path: Path, name: str, says: str) -> None:
    layout = _read(tmp_path, name, "A/sa.wav")
    assert [one.path.name for one in layout.described] == ["sa.wav"]
    (refused,) = layout.refused
    assert says in str(refused.error)
    assert str(refused.error).startswith(str(tmp_path / name))


def test_what_is_given_and_what_is_named_must_agree(tmp_path: Path) -> None:
    given = Given("Asha", "own", parse_tonic("A2"), "yaman")
    layout = _read(tmp_path, "A/sa.wav", "C/sa.wav", "A/bhupali.wav", given=given)
    assert [_scale(one) for one in layout.described] == [(9, 2)]
    lines = [str(refused.error) for refused in layout.refused]
    assert any("its name says scale C, --tonic A2" in line for line in lines)
    assert any("its name says raga bhupali, --raga yaman" in line for line in lines)


def test_other_files_are_told_and_hidden_ones_are_not(tmp_path: Path) -> None:
    beside = [
        "A/sa.wav.asd",
        "A/sa.reapeaks",
        "A/sa.wav.part",
        "A/sa.wav.x",
        "A/sa.wav~",
        "LICENSE",
        "README.md",
    ]
    (tmp_path / "again").symlink_to(tmp_path)
    layout = _read(tmp_path, "A/sa.wav", "A/.sa.wav.swp", ".git/x.wav", *beside, "A/odd.xyz")
    assert sorted(path.relative_to(tmp_path).as_posix() for path in layout.passed_over) == sorted(beside)
    # Of an unknown kind: decoding will tell. And a loop of links ends.
    assert sorted(one.path.name for one in layout.described) == ["odd.xyz", "sa.wav"]


def test_what_is_no_file_and_a_folder_that_cannot_be_read_are_named(tmp_path: Path, monkeypatch) -> None:
    _read(tmp_path, "A/sa.wav", "closed/re.wav")
    os.mkfifo(tmp_path / "A" / "ga.wav")
    (tmp_path / "A" / "pa.wav").symlink_to("/dev/zero")
    scandir = os.scandir

    def guarded(place):
        if str(place).endswith("closed"):
            raise PermissionError(13, "Permission denied", str(place))
        return scandir(place)

    monkeypatch.setattr(os, "scandir", guarded)
    layout = read_layout(tmp_path, GIVEN)
    assert [one.path.name for one in layout.described] == ["sa.wav"]
    said = {one.path.name: str(one.error) for one in layout.refused}
    assert said.keys() == {"ga.wav", "pa.wav", "closed"}
    assert "this is a pipe, no file" in said["ga.wav"]
    assert "this is a device, no file" in said["pa.wav"]
    assert "this folder cannot be read: permission denied" in said["closed"]
    with pytest.raises(CorpusError, match="a pipe"):
        read_layout(tmp_path / "A" / "ga.wav", GIVEN)


def test_nothing_to_add_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no audio in this folder"):
        _read(tmp_path, "README.md")
    with pytest.raises(CorpusError, match="no such file or folder"):
        read_layout(tmp_path / "missing", GIVEN)


@pytest.mark.parametrize("given", [Given("Asha"), Given(licence="own"), Given(" ", "own")])
def test_singer_and_licence_must_be_told(tmp_path: Path, given: Given) -> None:
    with pytest.raises(CorpusError, match=r"Give --(singer|licence)"):
        _read(tmp_path, "A/sa.wav", given=given)


def _table(folder: Path, text: str, given: Given = GIVEN) -> LayoutContents:
    path = folder / "list.csv"
    path.write_text(text, "utf-8-sig")
    return read_layout(path, given)


def test_a_table(tmp_path: Path) -> None:
    layout = _table(
        tmp_path,
        "path,singer,tonic,raga,swara,start_s,end_s,licence\n"
        "sub/a.wav,Veena,C#3,,taar sa,,,CC0\n"
        "\n"
        "b.wav,,A,bhoopali,,,,\n"
        "c.wav,,A,,ga,2.5,3,\n"
        "c.wav,,A,,sa,0.5,1.5,\n",
    )
    assert not layout.refused
    one, raga, notes = layout.described
    assert (one.path, one.singer, one.licence) == (tmp_path / "sub/a.wav", "Veena", "CC0")
    assert (_scale(one), [swara_letter(*n.pitch) for n in one.notes]) == ((1, 3), ["S'"])
    assert (raga.singer, raga.licence, raga.raga, raga.notes) == ("Asha", "own", "bhupali", ())
    assert [(swara_letter(*n.pitch), n.span_s) for n in notes.notes] == [("S", (0.5, 1.5)), ("G", (2.5, 3.0))]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("a.wav,A,gaa,,", 'line 2: "gaa" names no swara. The nearest name'),
        ("a.wav,H,ga,,", 'line 2: "H" is no tonic'),
        ("a.wav,,ga,,", "line 2: no tonic is given"),
        ("a.wav,A,ga,2,1", 'line 2: a note cannot go from "2" to "1" s'),
        ("a.wav,A,ga,1,", "line 2: a note cannot go"),
        ("a.wav,A,ga,nan,3", "line 2: a note cannot go"),
        ("a.wav,A,ga,0,2\na.wav,A,sa,1,3", "overlap"),
        ("a.wav,A,ga,0,2\na.wav,A,sa,,", "needs start_s and end_s"),
        ("a.wav,A,ga,0,2\na.wav,A,,3,4", "no swara"),
        ("a.wav,A,ga,0,2\na.wav,C,sa,3,4", "different values of tonic: A and C"),
    ],
)
def test_a_wrong_row_costs_its_recording_only(tmp_path: Path, rows: str, says: str) -> None:
    layout = _table(tmp_path, f"path,tonic,swara,start_s,end_s\n{rows}\nb.wav,A,sa,,\n")
    assert [one.path.name for one in layout.described] == ["b.wav"]
    (refused,) = layout.refused
    assert refused.path == tmp_path / "a.wav"
    assert says in str(refused.error)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column path"),
        ("path,swaar\na.wav,sa\n", 'no column is called "swaar". The nearest name is swara'),
        ("swara\nsa\n", "no column path"),
        ("path,tonic\n", "no rows"),
        ("path,file\na.wav,b.wav\n", "two columns are path"),
        ('path,tonic\n"a.wav,A\n', "cannot be read"),
    ],
)
def test_a_table_that_is_none(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(CorpusError) as refused:
        _table(tmp_path, text)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("path;tonic;swara;start_s;end_s\r\nsub/é.wav;C sharp;re komal;0,5;1:01,5\r\n", "utf-8"),
        ("sep=;\r\npath;tonic;swara;start_s;end_s\r\nsub/é.wav;C#;re komal;0,5;61,5\r\n", "utf-8-sig"),
        ("Path\tTonic\tSwara\tStart (s)\tEnd (s)\rsub/é.wav\tkali 1\tr\t0.5\t1:01.5\r", "utf-16"),
        ("PATH, Tonic , Swara, Start, End,\nsub/é.wav, C#, komal re, 0.5, 61.5 s,\n", "utf-16-le"),
        ('\nfile, sa, note, start_s, end_s,,\n"sub\\\\é.wav", "C#", r, 0.5, 61.5,,\n', "utf-8"),
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_tables_as_programs_write_them(tmp_path: Path, text: str, encoding: str, form: str) -> None:
    sound = tmp_path / "sub" / unicodedata.normalize("NFD" if form == "NFC" else "NFC", "é.wav")
    sound.parent.mkdir()
    sound.touch()
    table = tmp_path / "list.csv"
    table.write_bytes(unicodedata.normalize(form, text.replace("\\\\", "\\")).encode(encoding))
    layout = read_layout(table, GIVEN)
    (one,) = layout.described
    assert (one.path, one.tonic.pitch_class, layout.refused) == (sound, 1, ())
    assert [(swara_letter(*note.pitch), note.span_s) for note in one.notes] == [("r", (0.5, 61.5))]


@pytest.mark.parametrize(
    ("row", "says"), [("a.wav,A,more", "more cells than columns"), (",A", "has no path")]
)
def test_a_row_that_cannot_be_read_costs_no_other(tmp_path: Path, row: str, says: str) -> None:
    layout = _table(tmp_path, f"path,tonic\n{row}\nb.wav,A\n")
    assert [one.path.name for one in layout.described] == ["b.wav"]
    (refused,) = layout.refused
    assert "line 2" in str(refused.error)
    assert says in str(refused.error)
