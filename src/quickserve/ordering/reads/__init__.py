"""Answers for screens."""
