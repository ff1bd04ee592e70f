"""A take is analysed and summed up: pure, nothing here touches the disk."""
