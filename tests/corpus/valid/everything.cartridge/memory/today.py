def load(state):
    return "today"
