"""Commands of the ``orders`` command line, one file per group."""
