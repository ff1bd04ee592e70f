"""What takes were like over the weeks, and what the singer chose: one SQLite file in the store."""
