THREAD_SAFE = False


class Index:
    skills = {}

    def read(self, path):
        return path

    def write(self, path, text, mode):
        return len(text)


def build(runtime=None):
    return Index()
