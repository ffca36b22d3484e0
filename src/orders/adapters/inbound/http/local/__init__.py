"""Serves pages and tokens of `orders dev`; never part of a deployed API."""
