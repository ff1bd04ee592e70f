"""How the heads for vocal exercises are made: exercises sung by synthesis, and put together of notes."""
