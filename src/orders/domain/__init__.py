"""The order and its rules: standard library only, no I/O, no clock, no randomness."""
