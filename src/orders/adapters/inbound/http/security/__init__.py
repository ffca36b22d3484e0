"""Who calls: bearer tokens, API keys, sealed cursors, client addresses."""
