"""What the workflows on GitHub ask before, during and after a release: typed and tested, so that YAML decides nothing.

``python -m deploy.workflows --help`` lists the commands (docs/release.md, "The workflows").
"""
