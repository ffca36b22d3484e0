"""What is measured: each module prints a table and writes JSON. They are no tests."""
