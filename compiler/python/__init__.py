"""Python files, read with `ast` and never run."""
