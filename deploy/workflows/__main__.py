"""``python -m deploy.workflows``."""

import sys

from deploy.workflows.cli import main

sys.exit(main(sys.argv[1:]))
