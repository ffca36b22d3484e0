"""Runs everything on one machine, over the embedded emulator."""
