"""Takes orders that the kitchen can make in time."""
