"""The professional samples: added, listed, found, removed, checked, mended and exported."""
