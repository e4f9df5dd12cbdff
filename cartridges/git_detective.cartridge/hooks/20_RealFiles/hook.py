"""No invented files: what a finding names is a file or a folder that the history knows."""

from difflib import get_close_matches


class RealFiles:
    def __init__(self, repository):
        self.repository = repository

    def check_done(self, state, session_log, context, step_num, tool_call=None):
        findings = tool_call.args.get("findings", []) if tool_call else []
        named = [f["file"] for f in findings if f["file"] != "."]
        if not named:
            return None
        known = self.known_paths()
        invented = [name for name in named if not is_known(name, known)]
        if not invented:
            return None
        return (
            f"Not in this repository: {', '.join(with_hint(name, known) for name in invented)}. "
            "Name files as the tools did, or `.` for the whole repository; then call `done` again."
        )

    def known_paths(self) -> set[str]:
        if self.repository.problem():
            return set()
        history = self.repository.history()
        deleted = {change.path for commit in history.commits for change in commit.changes}
        return deleted | set(history.files)


def is_known(name: str, paths: set[str]) -> bool:
    folder = name.rstrip("/") + "/"
    return name in paths or any(path.startswith(folder) for path in paths)


def with_hint(name: str, paths: set[str]) -> str:
    near = get_close_matches(name, paths, n=1)
    return f"`{name}` (did you mean `{near[0]}`?)" if near else f"`{name}`"
