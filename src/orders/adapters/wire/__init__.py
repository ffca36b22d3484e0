"""Bodies from outside, whoever brings them: JSON, fields, text, drafts, what they must not hold; and kept answers."""
