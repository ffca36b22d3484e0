"""What operators' commands use, each opened for one command and closed after it."""
