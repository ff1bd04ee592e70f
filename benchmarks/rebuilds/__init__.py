"""What a rebuild costs and survives, on recordings made for it."""
