"""Small complete programs: `python -m looplet.examples.hello_world --scripted`."""
