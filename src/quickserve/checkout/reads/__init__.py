"""Answers to buyers, organisers and operators."""
