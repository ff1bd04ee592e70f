"""Singing heard live: does it say what the report says, how soon, and does it stay as small."""
