"""The `greetings` resource: it knows how to greet, and remembers who was greeted in this run."""

import threading

# Several tools may use it at once: two calls of `greet` in one turn can run side by side.
THREAD_SAFE = True

PHRASES = {
    "en": {"warm": "Hello {}, how good to see you!", "formal": "Good day, {}.", "brief": "Hi {}!"},
    "de": {"warm": "Hallo {}, wie schön!", "formal": "Guten Tag, {}.", "brief": "Hallo {}!"},
    "es": {"warm": "¡Hola {}, qué alegría!", "formal": "Buenos días, {}.", "brief": "¡Hola {}!"},
    "fr": {"warm": "Bonjour {}, quel plaisir !", "formal": "Bonjour, {}.", "brief": "Salut {} !"},
}


class Greetings:
    def __init__(self, language: str):
        self._phrases = PHRASES[language]
        self._greeted: list[str] = []
        self._lock = threading.Lock()

    def greet(self, name: str, style: str) -> str:
        """The greeting. Whoever is greeted twice is remembered once."""
        with self._lock:
            if name not in self._greeted:
                self._greeted.append(name)
        return self._phrases[style].replace("{}", name)

    def greeted(self) -> list[str]:
        with self._lock:
            return list(self._greeted)

    # A run that is saved and goes on later has greeted whom it has greeted.
    def save_state(self) -> list[str]:
        return self.greeted()

    def restore_state(self, data: list[str]) -> None:
        with self._lock:
            self._greeted = list(data)


def build(runtime=None) -> Greetings:
    """Called once per run; `runtime` holds the caller's inputs."""
    return Greetings((runtime or {}).get("language", "en"))
