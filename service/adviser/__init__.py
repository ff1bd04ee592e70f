"""The live version as an adviser: opinions on notes, and the nearest samples."""
