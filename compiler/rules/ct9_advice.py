"""CT9: nothing is broken, but the author would want to know."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule


@rule("CT901", "no-manifest", "advice")
def no_manifest(name: str) -> str:
    """There is no `cartridge.json`.

    The name is then the folder's, which changes when the folder is copied, and there is neither
    a version nor a description for those who receive it.
    """
    return f"no `cartridge.json`; the name {quote(name)} is taken from the folder"


@rule("CT902", "name-differs", "advice")
def name_differs(name: str, folder: str) -> str:
    """The manifest's name is not the folder's. Both are legal; alike, they are easier to find."""
    return f"the cartridge is named {quote(name)} and its folder {quote(folder)}"


@rule("CT903", "misspelt-file", "warning")
def misspelt_file(near: str) -> str:
    """A file has almost the name of one that the format knows, so it is not used.

    Files with unknown names travel along untouched and do nothing. Rename it if it should do
    something.
    """
    return f"nothing reads this; did you mean {quote(near)}?"


@rule("CT904", "unused-file", "advice")
def unused_file(why: str) -> str:
    """A file lies where the format reads files, but has a form that nothing reads."""
    return f"nothing reads this file: {why}"


@rule("CT905", "unknown-tool-in-prompt", "advice")
def unknown_tool_in_prompt(word: str, near: str | None) -> str:
    """A prompt speaks of a tool that the agent does not have.

    The model will try to call it and fail. Correct the name, or leave it out.
    """
    hint = f"; did you mean {quote(near)}?" if near else "; there is no such tool"
    return f"the prompt speaks of the tool {quote(word)}{hint}"


@rule("CT906", "unused-input", "advice")
def unused_input(name: str) -> str:
    """An input is declared and nothing in the cartridge uses it."""
    return f"nothing uses the input {quote(name)}"


@rule("CT907", "unused-resource", "advice")
def unused_resource(name: str) -> str:
    """A resource is built and no tool, hook or value asks for it."""
    return f"nothing asks for the resource {quote(name)}"


@rule("CT908", "empty-prompt", "warning")
def empty_prompt() -> str:
    """The system prompt is empty, so the model is told nothing of what it is for."""
    return "the system prompt is empty; say what the agent is for"
