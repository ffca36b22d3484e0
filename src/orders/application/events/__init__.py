"""Use cases of events: publish, relay, replay, apply those of other services."""
