"""Models: what the loop talks to. `reply` says what a model is, the others are some."""
