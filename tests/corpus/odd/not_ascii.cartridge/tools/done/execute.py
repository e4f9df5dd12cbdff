def execute(*, zusammenfassung: str) -> dict:
    return {"zusammenfassung": zusammenfassung}
