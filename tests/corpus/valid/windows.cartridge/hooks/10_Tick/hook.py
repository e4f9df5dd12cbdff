class Tick:
    def __init__(self, clock):
        self.clock = clock

    def should_stop(self, state, step_num, new_entities):
        return False
