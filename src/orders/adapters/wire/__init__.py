"""Bodies from outside, whoever brings them: JSON, fields, text, amounts, what they must not hold."""
