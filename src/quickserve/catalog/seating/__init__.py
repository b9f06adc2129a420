"""Seating plans: what is wrong with one and how it is repaired; files in and out. Pure."""
