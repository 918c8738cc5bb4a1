"""Recordings to a training set: who spoke when, what was said, and the sound of each stretch."""
