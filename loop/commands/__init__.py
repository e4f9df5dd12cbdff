"""What the `looplet` command can do, one module each. None is imported before it is asked for."""
