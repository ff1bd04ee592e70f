"""Whatever is handed in: a result, or one line that says what is wrong and how to mend it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import typer

from swara import cli

RATE_HZ = 16_000


def _sung(
    duration_s: float, rate_hz: int = RATE_HZ, hz: float = 220.0, waver_cents: float = 0.0
) -> np.ndarray:
    """Six harmonics that fade in and out, float32 of shape [n]."""
    times_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    turns = np.cumsum(hz * 2.0 ** (waver_cents / 1200 * np.sin(2 * np.pi * 5.0 * times_s))) / rate_hz
    tone = sum(np.sin(2 * np.pi * k * turns) / k for k in range(1, 7))
    fade = np.clip(np.minimum(times_s, duration_s - times_s) / 0.05, 0, 1)
    return (0.25 * fade * tone).astype(np.float32)


def _write(path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ, **kwargs: str) -> Path:
    soundfile.write(path, samples, rate_hz, **kwargs)
    return path


def _not_a_number(path: Path) -> None:
    samples = _sung(1.0)
    samples[8_000] = np.nan
    _write(path, samples, subtype="FLOAT")


def _number_options(command: Any, *words: str) -> Iterator[list[str]]:
    """Yield the words that lead to each option with a fraction, or a time."""
    for name, each in getattr(command, "commands", {}).items():
        yield from _number_options(each, *words, name)
    for option in command.params:
        if type(option.type).__name__ in {"FloatParamType", "FloatRange", "FuncParamType"}:
            yield [*words, option.opts[0]]


BAD_RECORDINGS = {
    "missing": (lambda path: None, "no such file", "Check the spelling"),
    "directory": (
        lambda path: path.mkdir(),
        "this is a folder|no audio in this folder",
        "Name (one recording in it|the folder)",
    ),
    "text": (
        lambda path: path.write_text("Sa Re Ga\n" * 50, encoding="utf-8"),
        "not a recording that can be read",
        "Use a recording in WAV",
    ),
    "no bytes": (lambda path: path.touch(), "the file is empty", "Record or export it again"),
    "header only": (
        lambda path: path.write_bytes(_write(path, _sung(1.0)).read_bytes()[:44]),
        "no samples",
        "Record or export it again|Use a recording",
    ),
    "not a number": (_not_a_number, r"0\.500 s is not a finite number", "Export the recording again"),
    "a tenth of a second": (lambda path: _write(path, _sung(0.1)), r"lasts 0\.1 s", "Record a longer take"),
}


OUTPUTS = {
    "analyze": ("--json", "--csv", "--pitch-csv", "--plot", "--report", "--target"),
    "pitch": ("-o", "--plot"),
    "spectrogram": ("-o",),
}
OF_ANY_SOUND = {"identify": ("--json", "--plot"), "exercise": ("--json",)}  # silence is no mistake there
EACH_OUTPUT = [
    (command, option) for command, options in (OUTPUTS | OF_ANY_SOUND).items() for option in options
]


def _all_outputs(command: str, folder: Path) -> list[str]:
    return [word for option in OUTPUTS[command] for word in (option, str(folder / f"out{option}"))]


@pytest.mark.parametrize("command", OUTPUTS)
@pytest.mark.parametrize("case", BAD_RECORDINGS)
def test_a_bad_recording_is_one_line_and_no_file(
    swara, assert_one_line, tmp_path: Path, command: str, case: str
) -> None:
    make, what, fix = BAD_RECORDINGS[case]
    path = tmp_path / "take.wav"
    make(path)
    outputs = tmp_path / "outputs"
    outputs.mkdir()
    done = swara(command, path, *_all_outputs(command, outputs))
    assert_one_line(done, "^swara: " + re.escape(str(path)), what, fix)
    assert list(outputs.iterdir()) == []


def test_a_name_cannot_steer_the_terminal(swara, assert_one_line, tmp_path: Path) -> None:
    done = swara("analyze", tmp_path / "\x1b[31m\u202ered.wav")
    assert_one_line(done, "no such file")
    assert "\x1b" not in done.err
    assert "\u202e" not in done.err


class TestUnusualButGood:
    @pytest.mark.parametrize(
        ("rate_hz", "channels"), [(8_000, 1), (192_000, 1), (48_000, 8)], ids=["8 kHz", "192 kHz", "7.1"]
    )
    def test_any_rate_and_any_channels_give_the_same_note(
        self, swara, tmp_path: Path, rate_hz: int, channels: int
    ) -> None:
        # Through 4 kHz alone a tone without any life is taken for a string's.
        sung = _sung(1.2, rate_hz, waver_cents=10.0 if rate_hz == 8_000 else 0.0)
        samples = np.tile(sung[:, None], channels)
        path = _write(tmp_path / "take.wav", samples, rate_hz)
        done = swara("analyze", path, "--tonic", "A3", "--json", "-")
        assert (done.code, done.err) == (0, "")
        (note,) = json.loads(done.out)["notes"]
        assert (note["swara"], note["verdict"]) == ("Sa", "perfect")
        assert note["cents"] == pytest.approx(0, abs=3)

    def test_silence_is_a_report(self, swara, tmp_path: Path) -> None:
        path = _write(tmp_path / "take.wav", np.zeros(2 * RATE_HZ, dtype=np.float32))
        page = tmp_path / "take.html"
        done = swara("analyze", path, "--report", page, "--plot", tmp_path / "take.png")
        assert (done.code, done.err) == (0, "")
        assert "No singing was found." in done.out
        assert "No singing was found." in page.read_text("utf-8")

    def test_half_an_mp3_is_judged_and_the_reader_is_told(self, swara, stub_tracker, half_an_mp3) -> None:
        done = swara("analyze", half_an_mp3, "--tonic", "C#3")
        assert (done.code, done.err) == (0, "")
        assert "Before you believe it" in done.out
        assert "could be decoded" in " ".join(done.out.split())

    def test_a_lifted_limit_and_the_limit_in_minutes(
        self, swara, assert_one_line, stub_tracker, sparse_wav, tmp_path: Path
    ) -> None:
        path = sparse_wav(tmp_path / "take.wav", 90)
        short = swara("analyze", path, "--max-minutes", 1, "-q")
        assert_one_line(short, r"lasts 1\.5 minutes, the limit is 1", "--max-minutes 2")
        for minutes in (0, 1.5):
            assert swara("analyze", path, "--max-minutes", minutes, "-q") == (0, "", "")
        long = sparse_wav(tmp_path / "long.wav", 3 * 3_600)
        assert_one_line(swara("analyze", long), r"180\.0 minutes, the limit is 20", "--max-minutes 180")


@pytest.mark.parametrize(
    ("words", "patterns"),
    [
        (["--tonic", "H#"], ['"H#" is no tonic', "Give a note such as C#"]),
        (["--tonic", ""], ["is no tonic"]),
        (["--tonic", "C9"], ["outside the range of a voice", "80 to 400 Hz"]),
        (["--raga", "Desi"], ['"Desi" is not known yet', "--swaras", r"known by name\.$"]),
        (["--raga", "Bhupli"], [r"known by name\. The nearest name is Bhupali\.$"]),
        (["--raga", "xyzzy"], [r"known by name\.$"]),
        (["--raga", "Desh", "--swaras", "S R X"], ['"X" names no swara']),
        (["--tuning", "pure"], ['no tuning is called "pure"', "just and equal"]),
    ],
)
def test_a_value_that_means_nothing(
    swara, assert_one_line, demo: Path, words: list[str], patterns: list[str]
) -> None:
    assert_one_line(swara("analyze", demo, *words), *patterns)


class TestOutputsThatCannotBe:
    @pytest.fixture(autouse=True)
    def _no_work(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Outputs are refused before the time is spent."""
        workers = ("take_files.pitch_tracker", "pitch_file.HeadTracker", "spectrogram_file.decode")
        for worker in (*workers, "sound_file.decode"):
            monkeypatch.setattr(f"swara.service.export.{worker}", lambda *_, **__: pytest.fail("worked"))

    @pytest.mark.parametrize(("command", "option"), EACH_OUTPUT)
    def test_no_such_folder_a_folder_or_the_take_itself(
        self, swara, assert_one_line, demo: Path, tmp_path: Path, command, option
    ) -> None:
        take = tmp_path / "take"
        take.write_bytes(demo.read_bytes())
        for name, wanted in (
            ("absent/out", ("absent", "Create the folder first")),
            ("", ("this is a folder", "Name a file")),
            ("take", ("the recording that is analyzed",)),
        ):
            assert_one_line(swara(command, take, option, tmp_path / name), *wanted)
        assert take.read_bytes() == demo.read_bytes()

    @pytest.mark.parametrize(
        "options",
        [("analyze", "--json", "--csv"), ("pitch", "-o", "--plot"), ("identify", "--json", "--plot")],
    )
    def test_one_file_for_two(self, swara, assert_one_line, demo: Path, tmp_path: Path, options) -> None:
        command, one, other = options
        done = swara(command, demo, one, tmp_path / "a", other, tmp_path / "." / "a")
        assert_one_line(done, "two outputs", "Give each its own file")
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize(
        ("command", "option", "file", "fix"),
        [
            ("analyze", "--plot", "a.jpg", "Name it a.png"),
            ("analyze", "--target", "a.mp3", "Name it a.wav"),
            ("pitch", "--plot", "a.pdf", "Name it a.png"),
            ("identify", "--plot", "a.svg", "Name it a.png"),
            *(("spectrogram", "-o", f"x.{end}", r"Name it x\.png\.") for end in ("jpg", "PDF", "01")),
        ],
    )
    def test_a_name_that_says_another_format(
        self, swara, assert_one_line, demo: Path, tmp_path: Path, command, option, file, fix
    ) -> None:
        assert_one_line(swara(command, demo, option, tmp_path / file), "this name ends in", fix)
        assert list(tmp_path.iterdir()) == []


class TestWrongUsage:
    @pytest.mark.parametrize(
        ("words", "named"),
        [
            (["analyze"], "recording"),
            (["analyse"], "analyze"),
            (["analyze", "TAKE", "--bogus"], "--bogus"),
            (["analyze", "TAKE", "--preset", "strict"], "'learner', 'student', 'performer'"),
            (["analyze", "TAKE", "--perfect", "30", "--in-tune", "20"], "--perfect 30"),
            (["analyze", "TAKE", "--perfect", "0"], "--perfect 0"),
            (["analyze", "TAKE", "--perfect", "-5"], "--perfect -5"),
            (["analyze", "TAKE", "--in-tune", "0"], "--in-tune 0"),
            (["analyze", "TAKE", "--in-tune", "inf"], "'--in-tune': inf"),
            (["analyze", "TAKE", "--max-minutes", "-1"], "'--max-minutes': -1"),
            (["analyze", "TAKE", "--max-minutes", "soon"], "--max-minutes"),
            (["analyze", "TAKE", "--csv", "-"], "--json"),
            (["pitch"], "recording"),
            (["pitch", "TAKE", "--bogus"], "--bogus"),
            (["pitch", "TAKE", "--plot", "-"], "only the CSV can go to stdout"),
            (["pitch", "TAKE", "-o"], "-o"),
            (["spectrogram", "TAKE"], "-o"),
            (["spectrogram", "TAKE", "-o", "-"], "a picture cannot go to stdout"),
        ],
    )
    def test_exit_2_and_the_fault_named(
        self, swara, demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words, named: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        done = swara(*(demo if word == "TAKE" else word for word in words))
        assert (done.code, done.out) == (2, "")
        assert "--help" in done.err or "requires an argument" in done.err
        *_, fault = done.err.splitlines()
        assert fault.startswith("Error: ")
        assert named.lower() in fault.lower()
        assert "Traceback" not in done.err
        assert list(tmp_path.iterdir()) == []

    def test_no_option_takes_what_is_no_number(self, swara) -> None:
        every = list(_number_options(typer.main.get_command(cli.app)))
        assert ["corpus", "add", "freesound", "--max-seconds"] in every
        for words in every:
            done = swara(*words, "nan")
            assert (done.code, done.out) == (2, "")
            assert re.search(rf"Error: Invalid value for '{words[-1]}': .*nan", done.err), words

    @pytest.mark.parametrize(
        ("words", "limits"),
        [
            (["--perfect", "40"], (40, 40)),
            (["--in-tune", "10"], (10, 10)),
            (["--perfect", "5"], (5, 25)),
            (["--preset", "learner", "--in-tune", "60"], (20, 60)),
            (["--preset", "performer"], (10, 15)),
        ],
    )
    def test_one_limit_moves_the_other_only_as_far_as_it_must(
        self, swara, stub_tracker, demo: Path, words: list[str], limits: tuple[float, float]
    ) -> None:
        done = swara("analyze", demo, "--json", "-", *words)
        thresholds = json.loads(done.out)["thresholds"]
        assert (thresholds["perfect_cents"], thresholds["in_tune_cents"]) == limits


class TestAnalysisThatEndsEarly:
    @pytest.fixture
    def raised(self, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
        def burst(name: str) -> None:
            raise request.param

        monkeypatch.setattr("swara.service.export.take_files.pitch_tracker", burst)

    FAULT = "a fault in swara itself: RuntimeError: the pipe burst. Set SWARA_DEBUG=1 to see where."

    @pytest.mark.parametrize(
        ("raised", "code", "said"),
        [(RuntimeError("the pipe\nburst"), 1, f"swara: {FAULT}"), (KeyboardInterrupt(), 130, "")],
        indirect=["raised"],
        ids=["a fault", "an interrupt"],
    )
    @pytest.mark.usefixtures("raised")
    def test_is_one_line_or_none_and_no_file(self, swara, demo: Path, tmp_path: Path, code, said) -> None:
        done = swara("analyze", demo, *_all_outputs("analyze", tmp_path))
        assert (done.code, done.out, done.err.strip()) == (code, "", said)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("raised", [RuntimeError("the pipe burst")], indirect=True)
    @pytest.mark.usefixtures("raised")
    def test_is_shown_whole_on_request(self, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SWARA_DEBUG", "1")
        monkeypatch.setattr(sys, "argv", ["swara", "analyze", str(demo)])
        with pytest.raises(RuntimeError, match="burst"):
            cli.main()


# Not getrusage: its peak outlives exec, and would be that of whoever started this.
PEAK = 'print("peak", *[line for line in open("/proc/self/status") if line.startswith("VmHWM:")])'


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_three_hours_take_less_than_a_gigabyte(stub_command, sparse_wav, tmp_path: Path) -> None:
    take = sparse_wav(tmp_path / "take.wav", 3 * 3_600, RATE_HZ)
    report = tmp_path / "report.json"
    words = ("analyze", take, "--max-minutes", 0, "--tonic", "C#3", "--json", report)
    done = subprocess.run(stub_command(*words, last=PEAK), capture_output=True, text=True, check=True)
    assert len(json.loads(report.read_text("utf-8"))["notes"]) == 7_200
    *_, peak_kib, unit = done.stdout.split()
    assert unit == "kB"
    assert int(peak_kib) * 1024 < 1e9
