"""PersistResults: results that are too long to show, kept in files."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from os import PathLike
    from typing import Any

    from looplet.types import ToolCall, ToolResult


class PersistResults:
    """`tool_result_persist_dir` of runtime.yaml: the whole text of a long result goes into a file.

    The model is shown the beginning, as far as `context_inline_per_step_chars` allows, and the
    path; `tool_result.result_key` is the path too. folder: made with the first file. longer_than:
    in characters, what counts as long.

    It opens nothing to the model: whether it can read the file is up to the tools it has. A file
    that cannot be written is a warning on the result; the run goes on.
    """

    def __init__(self, folder: str | PathLike[str], longer_than: int = 60_000) -> None:
        from looplet.settings import at_least

        self.folder = folder
        self.longer_than = at_least("longer_than", longer_than, 1)

    def post_dispatch(
        self, state: Any, session_log: Any, tool_call: ToolCall, tool_result: ToolResult, step: int
    ) -> None:
        if tool_result.error is not None:
            return
        text = tool_result.text()
        if len(text) <= self.longer_than:
            return
        import os

        # Of the tool's name only what is safe in a file's name on any system.
        name = "".join(
            c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in tool_call.tool
        )
        path = os.path.join(os.fspath(self.folder), f"{step:06d}-{name[:64]}.txt")
        try:
            os.makedirs(self.folder, exist_ok=True)
            with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError as error:
            tool_result.warnings.append(f"the whole result could not be kept: {error.strerror}")
            return
        tool_result.result_key = path
