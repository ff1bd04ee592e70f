"""What the page says besides its figures."""

from __future__ import annotations

from .score import STRETCH_S

__all__ = [
    "ABSENT",
    "AGAINST",
    "COSTS",
    "GROWTH",
    "INTERVALS",
    "INTRODUCTION",
    "MADE",
    "METHOD",
    "NO_RECORDINGS",
    "OCTAVES",
    "QUICK",
    "QUIET",
    "RANGE",
    "RECORDINGS",
    "TRACKERS",
    "VOICES",
    "VOICING",
    "WITHIN",
]

INTRODUCTION = (
    "Written by `python -m benchmarks.pitch` (`make bench-pitch`). A singer practises with a tanpura,"
    " so the question is less who hears a clean voice best than who still hears it over a drone."
)
NO_RECORDINGS = (
    "`SWARA_EVAL_DATA` was not set: **only synthesized sounds were measured**, no real recording."
    " [Evaluation recordings](../evaluation.md) says how to lay that folder out."
)
QUICK = "**Not the whole benchmark:** only clip 1 of every {every} was heard."
ABSENT = "Left out, as they are not installed: "
METHOD = (
    "Raw pitch accuracy is the share of truly voiced frames whose estimate lies within 50, 25 or 10"
    " cents, whether or not the tracker calls the frame voiced: an estimate in a frame that it calls"
    " unvoiced counts where it gives one (Praat and harvest give none). Octave errors are what raw"
    " chroma accuracy at 50 cents lies above that. Voicing is apart: recall is the share of voiced"
    " frames called voiced, false alarm that of unvoiced ones. All are the functions of mir_eval.melody,"
    " on estimates interpolated in log frequency to the times of the truth; frames next to a change of"
    " voicing are left out of pitch, not of voicing. Frames are pooled over clips. Intervals are 95 % by"
    f" bootstrap over clips, 2000 draws; recordings longer than {1.5 * STRETCH_S:.1f} s count as"
    f" stretches of about {STRETCH_S:.0f} s, which are less independent than clips, so those intervals"
    " are somewhat too narrow."
)
TRACKERS = (
    "Each tracker gets 16 kHz and runs on one thread. Their range is swara's, 65 to 1100 Hz, where it"
    " can be set; the rest is as it comes, the threshold of voicing too (SwiftF0, PESTO and CREPE:"
    " confidence 0.5; FCPE: 0.006). CREPE is decoded by Viterbi and a weighted mean around the path,"
    " which suits it best. CREPE's full model is left out, as it takes ten seconds for one of audio."
)
VOICES = (
    "29 clips (143 s) of real voices, resynthesised by WORLD so that their f0 is exact, which flatters"
    " everyone a little on the clean ones. Tanpuras: 5 acoustic and 7 electronic, in turn, resampled to"
    " the singer's Sa; dB is the RMS of the voice where it sings over that of the drone. The room is a"
    " small one (impulse response aligned to its direct sound); the four rooms include two halls, where"
    " the echo of the last note is as loud as the next. With tanpura and room, both are in the room, and"
    " the level is that of what is heard there."
)
MADE = (
    "21 takes by seven voices, made by swara's own synthesizer from seeds, over a synthesized tanpura;"
    " they ship with the benchmark, so this part runs anywhere. swara's tracker was trained on voices of"
    " that kind (on other seeds), so this table flatters it: it is there to be repeated, not to"
    " convince."
)
RECORDINGS = (
    "Two concert excerpts (Yaman Kalyan and Gavati, 60 s, with tanpura and accompaniment), three calans"
    " (232 s, soft tanpura), vocadito_1 (33 s) and seven vibrato excerpts. Labels of concert and calans"
    " lie on a grid of 10 cents, so the last figure means little there; their times are put right"
    " (concert 27.5 ms later, calans 40 ms earlier). Labels of the vibrato excerpts are YIN's and tell"
    " nothing of what is not voiced."
)
WITHIN = "Raw pitch accuracy within 50/25/10 cents, %."
INTERVALS = "The same within 50 cents, with its interval."
OCTAVES = "Octave errors, %."
VOICING = "Voicing recall / false alarm, %."
AGAINST = (
    "How many points {ours} lies ahead within 50 cents, on the same clips, with the interval of that"
    " difference (paired bootstrap); a peer is significantly ahead only where the whole interval is"
    " negative."
)
QUIET = (
    "Share of frames called voiced, %, in sounds where nobody sings: less is better. Tabla strokes and"
    " a tanpura have a pitch, but not a singer's. All but silence and tabla stand at -26 dB RMS."
)
RANGE = (
    "Frames by their true pitch in Hz. Real voices were analyzed by WORLD along their exact f0 and"
    " synthesized at two other pitches each; the synthesized ones sing on Sas through the range. What"
    " counts is how far any band lies from the mean of all."
)
COSTS = (
    "CPU time of a process over {length_s} s of synthesized singing, all threads together, best of"
    " three, held to one thread; cold start is the wall time of a new Python that imports and loads the"
    " tracker and hears one second, best of three; memory is the peak of a process that loads it and"
    " hears {length_s} s. Milliseconds belong to the machine; the ratio to SwiftF0, measured minutes"
    " apart, less so."
)
GROWTH = "CPU time for each second of audio and peak memory, by the length of the recording."
