"""Which seats of a house, and which are best. No I/O: everything here is told what it needs."""
