"""Serves what only a developer's machine has: sent mails, PDFs, sample orders, tokens; never part of a deployed API.

The pages themselves are the console's (``http/console``), which is of no environment.
"""
