"""A take is analyzed and summed up: pure, nothing here touches the disk."""
