"""``python -m deploy.release``."""

from deploy.release.cli import app_of

app_of()(prog_name="python -m deploy.release")
