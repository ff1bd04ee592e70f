"""Professional samples found: like a note of a take, or like a phrase."""
