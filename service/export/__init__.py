"""From a recording on disk to every file that was asked for."""
