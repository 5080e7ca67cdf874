"""Readers of the tape for people: names and drawings."""
