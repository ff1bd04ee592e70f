"""What the search finds, and how soon: phrases, and notes by the million."""
