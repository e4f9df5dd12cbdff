class Off:
    def on_event(self, payload):
        return None
