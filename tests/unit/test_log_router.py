"""No configuration of the log router that a task definition may still name has gone."""

from hashlib import sha256
from pathlib import Path

SIDECARS = Path(__file__).parents[2] / "deploy/sidecars"
KNOWN = {"f0c8a9f7854f"}
"""First digits of the SHA-256 of each configuration there was: a new one is added, none taken away."""


def test_each_configuration_there_was_is_kept() -> None:
    files = [SIDECARS / "log-router.conf", *SIDECARS.glob("log-router-before/*.conf")]
    kept = {sha256(each.read_bytes()).hexdigest()[:12] for each in files}
    assert kept == KNOWN, "copy the file to log-router-before/ before you change it, and add the new one to KNOWN"
