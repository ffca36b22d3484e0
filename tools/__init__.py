"""Writes the pages that are made from code. Not in the image."""
