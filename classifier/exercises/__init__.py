"""Which vocal exercise is sung: a scale, an arpeggio, or neither, and where each begins and ends."""
