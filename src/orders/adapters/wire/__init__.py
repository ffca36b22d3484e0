"""Reads bodies from outside, by HTTP or queue: JSON, fields, text, drafts, card numbers; and stored responses."""
