"""Authenticates callers: bearer tokens, API keys, client addresses; and seals cursors."""
