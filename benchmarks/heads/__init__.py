"""What the heads over single sounds reach: exercises, instruments, notes."""
