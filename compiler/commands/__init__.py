"""The commands of `looplet-compile`, and what each of them does."""
