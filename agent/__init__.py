"""Ringdown: a telephone agent that a business runs on its own machine."""
