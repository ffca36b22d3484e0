"""Use cases of events: publishes, relays and replays them, and applies those of other services."""
