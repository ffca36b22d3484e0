"""Reads requests: parameters, preconditions and bodies."""
