"""Knows who carries an order and where they are."""
