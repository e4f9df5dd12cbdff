def execute(*, summary: str, properties: list = [], type: str = "a") -> dict:
    return {"summary": summary}
