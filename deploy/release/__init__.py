"""Releases of the service to an environment on AWS: looked at before, applied, watched, taken back ([OPS-7]).

``python -m deploy.release --help`` has the commands, docs/release.md what they are for. Nothing of the service imports
this, and this imports nothing of the service: the smoke test is a command.
"""
