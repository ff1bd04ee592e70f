"""The MIDI note of any sample, 21 to 108: a small network over log-frequency spectra."""
