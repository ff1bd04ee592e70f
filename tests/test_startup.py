"""What each command imports, and how soon the first one answers."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SERVER = {"starlette", "uvicorn", "websockets", "anyio", "multipart", "python_multipart"}
HEAVY = {"tensorflow", "sklearn", "scipy", "librosa", "numba", "faiss", "matplotlib", "keras", *SERVER}
AUDIO = {"numpy", "soundfile", "av", "soxr"}

WATCH = """
import sys
wanted = set()
class Watch:
    # Sees every first import, of a package that is not installed too.
    def find_spec(self, name, path=None, target=None):
        wanted.add(name.partition(".")[0])
sys.meta_path.insert(0, Watch())
from swara import cli
sys.argv = ["swara", *sys.argv[1:]]
try:
    cli.main()
except SystemExit as left:
    code = left.code or 0
loaded = {name.partition(".")[0] for name in sys.modules}
print("imported:", code, *sorted(wanted | loaded), file=sys.stderr)
"""


def _python(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=True)


def _imports(*words: str) -> set[str]:
    done = _python("-c", WATCH, *words)
    line = next(line for line in done.stderr.splitlines() if line.startswith("imported:"))
    code, *names = line.split()[1:]
    assert code == "0", done.stderr
    assert {"swara", "typer"} <= set(names)
    return set(names)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "analyze",
        "doctor",
        "spectrogram",
        "rebuild",
        "finetune",
        "train",
        "cache prune",
        "models",
        "corpus add nsynth",
        "serve",
    ],
)
def test_help_and_version_import_nothing_heavy(words: str) -> None:
    assert _imports(*words.split(), "--help" if words else "--version").isdisjoint(HEAVY | AUDIO)


def test_pitch_imports_little(demo: Path) -> None:
    assert _imports("pitch", str(demo)).isdisjoint(HEAVY | {"rich"})


@pytest.mark.parametrize("words", ["analyze a.wav --raga ya", "analyze a.wav --tuning ", "models pull "])
def test_completion_imports_nothing_heavy(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMP_WORDS", "\n".join(("swara", *words.split(" "))))
    monkeypatch.setenv("COMP_CWORD", str(words.count(" ") + 1))
    monkeypatch.setenv("_SWARA_COMPLETE", "complete_bash")
    assert _imports().isdisjoint(HEAVY | AUDIO)


def test_analyze_imports_little_and_draws_only_on_request(demo: Path, tmp_path: Path) -> None:
    imported = _imports("analyze", str(demo), "--tonic", "C#3", "--report", str(tmp_path / "r.html"))
    assert "ai_edge_litert" in imported
    assert imported.isdisjoint({"tensorflow", "keras", "torch", "matplotlib", *SERVER})
    assert imported.isdisjoint({"librosa", "numba", "llvmlite", "scipy", "sklearn", "faiss"})


MOST_OWN_MODULES = 96
"""Of ours that an analysis loads, packages counted; 195 before commands were loaded one at a time."""


def test_analyze_loads_few_of_our_own_modules(demo: Path) -> None:
    code = WATCH.replace('name.partition(".")[0] for name in sys.modules', "name for name in sys.modules")
    done = _python("-c", code, "analyze", str(demo), "--tonic", "C#3")
    line = next(line for line in done.stderr.splitlines() if line.startswith("imported:"))
    own = [name for name in line.split() if name == "swara" or name.startswith("swara.")]
    assert "swara.service.take.analyze" in own
    assert len(own) <= MOST_OWN_MODULES, own


@pytest.mark.parametrize(
    "code",
    [
        "from swara import classifier, data, embedder, index, raga, service; from swara.data import synth;"
        "from swara.index import faiss_index, files, hnsw, samples",
        "from swara.service.doctor.doctor import examine; examine()",
    ],
    ids=["packages", "doctor"],
)
def test_importing_a_package_and_looking_imports_nothing_heavy(code: str) -> None:
    done = _python("-c", f"{code}; import sys; print(*sys.modules)")
    assert HEAVY.isdisjoint(done.stdout.split())
    assert "examine" in code or "soundfile" not in done.stdout.split()
    assert done.stderr == ""


def test_help_answers_at_once() -> None:
    """0.3 s on a quiet machine; on a busy one, no more than 1.7 times what typer takes to help with two."""
    two = "app = typer.Typer(); app.command('a')(lambda: None); app.command('b')(lambda: None)"
    typers_own = ["-c", f"import typer; {two}; app(['--help'])"]
    times_s = [(_wall_s("cli.py", "--help"), _wall_s(*typers_own)) for _ in range(5)]
    help_s, typers_own_s = (min(column) for column in zip(*times_s, strict=True))
    assert help_s <= 0.3 or help_s <= 1.7 * typers_own_s
    assert help_s <= 2 * typers_own_s


def _wall_s(*words: str) -> float:
    began = time.perf_counter()
    _python(*words)
    return time.perf_counter() - began


def test_the_watch_sees_what_is_not_installed() -> None:
    """Otherwise the tests above could not fail for an optional package."""
    name = "no_such_package_at_all"
    assert importlib.util.find_spec(name) is None
    code = WATCH.replace(
        "from swara import cli\n", f"from swara import cli\ntry: import {name}\nexcept ImportError: pass\n"
    )
    assert name in _python("-c", code, "--help").stderr
