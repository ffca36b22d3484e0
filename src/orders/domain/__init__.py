"""What an order is and what may happen to it: standard library only, no I/O, no clock, no randomness."""
