"""An archive from elsewhere is unpacked as it is, and can do no harm."""

from __future__ import annotations

import errno
import gzip
import io
import os
import random
import tarfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from swara.data.errors import OutputError
from swara.embedder.errors import ModelError, ModelUnfit
from swara.embedder.hub.pull.archive import unpack

LIMIT = 4_000_000


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, size
    return member


def _tar(*members: tarfile.TarInfo, form: int = tarfile.GNU_FORMAT) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz", format=form) as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    return archive.getvalue()


@pytest.fixture
def unpacked(tmp_path: Path) -> Callable[..., Path]:
    """Unpack the bytes of an archive into a folder two levels down."""
    into = tmp_path / "models" / "into"
    into.mkdir(parents=True)

    def unpacked(content: bytes) -> Path:
        archive = tmp_path / "archive"
        archive.write_bytes(content)
        unpack(archive, into, largest_bytes=LIMIT)
        return into

    return unpacked


@pytest.mark.parametrize("packed", [bytes, gzip.decompress], ids=["compressed", "plain"])
def test_files_come_out_as_they_went_in(tree, unpacked, pack, files, packed) -> None:
    assert tree(unpacked(packed(pack(files)))) == files


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_folders_and_long_names_too(tree, unpacked, form: int) -> None:
    long = "/".join(["a" * 90] * 3)
    into = unpacked(_tar(_member("./assets", tarfile.DIRTYPE), _member(long, size=3), form=form))
    assert tree(into) == {long: b"xxx"}
    assert (into / "assets").is_dir()


@pytest.mark.parametrize(
    "member",
    [
        _member("../escaped", size=1),
        _member("a/../../escaped", size=1),
        _member("link", tarfile.SYMTYPE, "/etc/passwd"),
        _member("link", tarfile.SYMTYPE, "saved_model.pb"),
        _member("link", tarfile.LNKTYPE, "../../archive"),
        _member("pipe", tarfile.FIFOTYPE),
        _member("disk", tarfile.BLKTYPE),
    ],
    ids=lambda member: f"{member.name} {member.linkname}",
)
def test_nothing_leaves_the_folder(tree, unpacked, member: tarfile.TarInfo, tmp_path: Path) -> None:
    with pytest.raises(ModelUnfit, match=r"leads out|neither a plain file"):
        unpacked(_tar(member))

    assert tree(tmp_path / "models") == {}
    assert {path.name for path in tmp_path.iterdir()} == {"archive", "models"}


@pytest.mark.parametrize("name", ["/escaped", "C:\\escaped", "..\\escaped"])
def test_a_name_that_would_lead_out_elsewhere_stays_in(tree, unpacked, name: str, tmp_path: Path) -> None:
    into = unpacked(_tar(_member(name, size=1)))

    assert list(tree(into)) == [name.removeprefix("/")]
    assert {path.name for path in tmp_path.iterdir()} == {"archive", "models"}


def test_of_a_name_that_comes_twice_the_last_counts_and_a_file_is_no_folder(tree, unpacked) -> None:
    folder, once, twice = _member("f", tarfile.DIRTYPE), _member("f/a", size=1), _member("./f/a", size=3)
    assert tree(unpacked(_tar(folder, once, twice))) == {"f/a": b"xxx"}
    with pytest.raises(OutputError):
        unpacked(_tar(_member("a", size=1), _member("a/b", size=1)))


def _of_holes() -> bytes:
    """A file that says it is 64 MiB long, all of it holes."""
    header = bytearray(_member("holes", tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT))
    header[386:398], header[398:410] = b"00000000000\0", b"00000000000\0"
    header[483:495] = b"00400000000\0"
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    return bytes(header) + bytes(1024)


def _of_a_long_header() -> bytes:
    """An extended header, which is read into memory whole."""
    header = tarfile.TarInfo("header")
    header.type, header.size = tarfile.XHDTYPE, 40_000_000
    return gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + b"11 path=aa\n".ljust(40_000_000, b"\0"))


@pytest.mark.parametrize(
    ("bomb", "said"),
    [
        (lambda: _tar(_member("zeros", size=50_000_000)), "more than 4 MB"),
        (lambda: _tar(*(_member(f"{number}") for number in range(501))), "500 files"),
        (_of_a_long_header, "more than 4 MB"),
        (_of_holes, "neither a plain file|damaged"),
    ],
    ids=["bytes", "files", "header", "holes"],
)
def test_no_more_comes_out_than_the_limit(tree, unpacked, tmp_path: Path, bomb, said: str) -> None:
    content = bomb()
    assert len(content) < 100_000
    with pytest.raises(ModelUnfit, match=said):
        unpacked(content)
    assert sum(map(len, tree(tmp_path / "models").values())) <= LIMIT


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_one_cut_short_is_refused(unpacked, pack, files, share: float) -> None:
    content = pack(files)

    with pytest.raises(ModelUnfit, match="damaged or cut short"):
        unpacked(content[: int(share * len(content))])


@pytest.mark.parametrize("at", [0.5, -8, -4], ids=["content", "checksum", "length"])
def test_a_flipped_bit_is_found(unpacked, pack, at: float) -> None:
    content = bytearray(pack({"saved_model.pb": random.Random(0).randbytes(300)}))
    content[int(at * len(content)) if at > 0 else int(at)] ^= 0x10
    with pytest.raises(ModelUnfit):
        unpacked(bytes(content))


@pytest.mark.parametrize("content", [b"\x1f\x8b", b"\x1f\x8b" + bytes(100), bytes(600), b""])
def test_nonsense_is_refused_or_empty(unpacked, content: bytes) -> None:
    with suppress(ModelUnfit):
        assert list(unpacked(content).iterdir()) == []


def test_a_full_disk_is_not_a_damaged_archive(unpacked, pack, files, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    content = pack(files)
    monkeypatch.setattr(tarfile, "copyfileobj", full)

    with pytest.raises(OutputError, match="no space left"):
        unpacked(content)


def test_a_python_that_unpacks_whatever_comes_is_refused(unpacked, pack, files, monkeypatch) -> None:
    monkeypatch.delattr(tarfile, "data_filter")

    with pytest.raises(ModelError, match=r"older than 3\.11\.4.*Unpack it yourself"):
        unpacked(pack(files))
