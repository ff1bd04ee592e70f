"""Make the demo take and its truth: ``python -m swara.data.synth.demo`` writes them into ``data/demo``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from .phones import parse_syllable
from .sung import SungNote
from .takes import NoteTruth, SynthTake, aim, sargam, sing_take, swara_sequence
from .voice import VOICES

__all__ = ["demo_take", "write_demo"]

_FOLDER = Path(__file__).resolve().parents[1] / "demo"
_SA_HZ = 440.0 * 2.0 ** (-20 / 12)  # C#3
_PHRASE = "S R G, P D P G"
_ERRORS_CENTS = (0.0, 4.0, -32.0, -2.0, 0.0, 30.0, 3.0)  # Ga clearly low, the second Pa clearly high
_LENGTHS_S = (0.55, 0.55, 0.65, 0.6, 0.6, 0.6, 0.95)
_MEEND_S = (0.06, 0.06, 0.12, 0.06, 0.16, 0.06, 0.14)
_VIBRATO_CENTS = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 20.0)
_TANPURA_DB = 25.0


def demo_take() -> SynthTake:
    """Sing the demo: five seconds of Bhupali by a man, Sa on C#3, over a soft tanpura."""
    pitches = swara_sequence(_PHRASE)
    syllables = [sargam(pitch) for pitch in pitches]
    plan = zip(pitches, syllables, _ERRORS_CENTS, _LENGTHS_S, _MEEND_S, _VIBRATO_CENTS, strict=True)
    notes = [
        SungNote(
            aim(pitch, error_cents),
            length_s,
            error_cents,
            vibrato_cents,
            meend_s=meend_s,
            rest_before_s=parse_syllable(syllable).gap_s,
        )
        for pitch, syllable, error_cents, length_s, meend_s, vibrato_cents in plan
    ]
    return sing_take(
        pitches,
        notes,
        _SA_HZ,
        VOICES["mid male"],
        rng=np.random.default_rng(5),
        syllables=syllables,
        tanpura_db=_TANPURA_DB,
    )


def write_demo(folder: Path = _FOLDER) -> tuple[Path, Path]:
    """Write ``take.flac`` (16 bit) and ``take.json`` into `folder`, and return their paths."""
    import soundfile

    take = demo_take()
    folder.mkdir(parents=True, exist_ok=True)
    sound, truth = folder / "take.flac", folder / "take.json"
    soundfile.write(sound, take.clip.samples, take.clip.rate_hz, subtype="PCM_16")
    described = {
        "made_by": "python -m swara.data.synth.demo",
        "raga": "Bhupali",
        "voice": "mid male",
        "tanpura_below_voice_db": _TANPURA_DB,
        "sa_hz": round(take.sa_hz, 4),
        "labels": [_described(note) for note in take.labels],
    }
    truth.write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")
    return sound, truth


def _described(note: NoteTruth) -> dict[str, str | float | bool]:
    return {
        "swara": note.swara,
        "saptak": note.saptak,
        "onset_s": round(note.label.onset_s, 4),
        "start_s": round(note.label.start_s, 4),
        "end_s": round(note.label.end_s, 4),
        "target_cents": round(note.label.target_cents, 2),
        "cents_true": round(note.label.cents_true, 2) + 0.0,
        "error_cents": round(note.error_cents, 2) + 0.0,
        "steady": note.label.steady,
    }


if __name__ == "__main__":
    write_demo()
