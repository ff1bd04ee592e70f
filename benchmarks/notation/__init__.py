"""How well a take is written down, section by section."""
