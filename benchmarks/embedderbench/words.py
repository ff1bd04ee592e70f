"""What the page says besides its figures."""

from __future__ import annotations

from .cost import CLIP_S, LENGTH_S, LONG_S
from .instruments import VELOCITIES
from .single_notes import FAR_SEMITONES

__all__ = [
    "AHEAD",
    "CONFUSION",
    "COSTS",
    "HEAD",
    "HEAD_TABLE",
    "INSTRUMENTS",
    "INTRODUCTION",
    "NOTES",
    "NO_RECORDINGS",
    "POOLED",
    "PROGRAM",
    "QUICK",
    "RANDOM",
    "SINGERS",
    "SINGER_TABLE",
]

INTRODUCTION = (
    "Written by `python -m benchmarks.embedders` (`make bench-embedders`). An embedder turns sound into"
    " vectors: sounds that are alike should lie near each other, whoever sings them at whatever pitch. So the"
    " questions are whether a vector tells what plays, who sings, and, with the pitch beside it, which swara."
)
NO_RECORDINGS = (
    "`SWARA_EVAL_DATA` was not set: **no real recording was heard.**"
    " [Evaluation recordings](../evaluation.md) says how to lay that folder out."
)
QUICK = "**Not the whole benchmark:** only a part of the notes and takes was heard."
RANDOM = (
    "{titles}: the published architecture with random weights, as the trained ones cannot be had everywhere,"
    " converted from a SavedModel as the real ones are; as fast as those, and heard nowhere else on this"
    " page."
)
INSTRUMENTS = (
    "Clarinet, flute, oboe and trumpet, note by note, each cut to where it sounds and brought to one level. A"
    " logistic regression on standardised vectors is taught with the soundfont FluidR3 (every key of the"
    f" instrument's range at velocities {', '.join(map(str, VELOCITIES[:-1]))} and {VELOCITIES[-1]}) and then"
    " asked about notes recorded in Iowa and about another soundfont, TimGM6mb, that nothing was trained on."
    " Its penalty is chosen from one grid for all embedders, by log loss on stretches of FluidR3's keys held"
    " out. Where the built-in embedder was trained on FluidR3 too, that is of no help against either of the"
    " others: those are other recordings. Guessing would be right for a quarter. Intervals are 95 % by"
    " bootstrap over notes, and notes of one instrument are less independent than that."
)
AHEAD = (
    "How far the built-in embedder lies ahead, with the interval of that difference (paired bootstrap);"
    " it is marked where the whole interval lies on the wrong side."
)
CONFUSION = "What the notes of the Iowa recordings were taken for."
SINGERS = (
    "{takes} takes by amateurs, on phones, cut in two. A half looks for the other half of its take among"
    " those of all takes, in both directions; the figure is the mean reciprocal rank of the right one by"
    " cosine, ties counting against. A take has one room and one phone, and without the singer those two"
    " would find it as well: *equalised* puts each take through a filter that makes its own long-term average"
    " spectrum flat, in thirds of an octave, which takes out the phone and with it part of the singer. *A"
    " fifth higher* resynthesises one half, then the other, at 1.5 times the pitch with the formants kept"
    " (WORLD: Harvest, CheapTrick, D4C), so that pitch itself is of no help. *Only the right half* looks for"
    " the moved half among other singers' as they sang: it must be nearer, a fifth away, than who sings at"
    " one's own pitch. *Through WORLD alone* is the same at the pitch that was sung: what the vocoder costs."
    " Intervals are 95 % by bootstrap over takes, 2000 draws; the takes that are searched stay the same."
    " Several takes may be by one singer, and several sing the same melody, which can only cost."
)
SINGER_TABLE = "Mean reciprocal rank, with its interval."
INSTRUMENTS_POOLED = (
    "The same by how the frames of a note are put together: their mean, or that and their standard deviation"
    " beside it. The tables above take the mean, as swara does, and for MFCC both. The spread misleads a"
    " probe that was taught with a soundfont, where notes stand still."
)
POOLED = (
    "The same by how the frames of a half are put together: their mean, or that and their standard deviation"
    " beside it. The tables above take the mean, as swara does, and for MFCC both."
)
NOTES = (
    "Single notes of the same takes. Own take first: each labelled note of the first halves looks for the"
    " nearest among those of the second halves, and this share is from its own take. Voice over pitch: the"
    f" chance that a note of the same take, {FAR_SEMITONES:.0f} semitones or more away, is nearer than a note"
    " of another take within a semitone; pitch alone would give 0, voice (with room and phone) alone 100."
)
HEAD = (
    "The note head is trained on the bundled samples, which are synthesized, and names notes that it was not"
    " trained on: one man's chromatic scale read in six keys, the confirmed segments of three calans, and"
    " bundled samples in keys held out. It looks at the pitch of a note and at its pooled vector, which of"
    " swara's own embedder is what the network says and the envelope. No answer counts as wrong."
)
HEAD_TABLE = (
    "Notes named rightly, and in brackets those whose likeliest swara was right. Where pitch alone names"
    " every note, nothing is left for an embedding to add; what can be seen is whether it does harm."
)
COSTS = (
    f"Processes of their own, nothing else of the benchmark beside them. Throughput is over {LENGTH_S} s of"
    " synthesized singing in one call, warm, best of five; the process is held to one core or to two. CPU"
    " time is that of all threads, on one core. Cold start is the wall time of a new Python that imports and"
    f" loads the embedder and embeds {CLIP_S} s, best of five. Memory is the peak of a process that embeds"
    f" {CLIP_S} s, and of one that embeds {LONG_S} s. Seconds belong to the machine; ratios less so."
)
PROGRAM = (
    "The whole program: `swara analyze` of a five-second take, with what it learned from the bundled samples,"
    " and beside it a Python that only imports TensorFlow; new processes in turn, the quickest of seven."
)
