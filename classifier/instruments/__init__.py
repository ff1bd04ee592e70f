"""Which instrument sounds, or a voice, or none that is known."""
