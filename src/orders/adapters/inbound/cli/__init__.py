"""The command line: one file per group of commands, over a Runtime that bootstrap provides."""
