"""Surrounds every route: request ids, limits, time-outs, CORS, compression, audit."""
