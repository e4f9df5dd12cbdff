"""What config.yaml says of one server, read and checked. It starts nothing.

docs:
  command: docs-server --stdio          # or a list, taken as it is; or `url`
  env: {DOCS_TOKEN: "${runtime.docs_token}"}
  tools: [search_docs]
"""

from __future__ import annotations

from looplet.tools import is_tool_name
from looplet.types import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Final

DEFAULT_TIMEOUT_S: Final = 60.0
KEYS: Final = ("command", "args", "env", "cwd", "url", "headers", "timeout_s", "tools", "prefix")
_FOR_COMMAND: Final = ("args", "env", "cwd")


class ServerSettings(Record):
    """One server: how to reach it, and what to take from it. Raises ValueError for what is wrong.

    name: what messages call it.
    command: the program and its arguments; a text is split as a POSIX shell would split it, and
        no shell ever sees it. `args` are added to it.
    env: variables beside the few that every server gets (HOME, PATH, USER, …).
    cwd: the folder it is started in; without it, that of this process.
    url, headers: of a server that is reached over streamable HTTP instead.
    timeout_s: how long one answer may take; the first one, which includes the start, too.
    tools: the names of those to take; None for all of them.
    prefix: put before the name of each tool, to keep it apart from others.
    """

    __slots__ = ("command", "cwd", "env", "headers", "name", "prefix", "timeout_s", "tools", "url")

    def __init__(
        self,
        name: str,
        command: str | Iterable[str] | None = None,
        *,
        args: Iterable[str] = (),
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        url: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        tools: Iterable[str] | None = None,
        prefix: str = "",
    ) -> None:
        if (command is None) == (url is None):
            both = "has a `command` and a `url`; it is" if url is not None else "needs"
            raise ValueError(f"{name} {both} either a `command` to start it or the `url` of it")
        self.name = name
        self.command = None if command is None else _command(name, command, args)
        self.env = _texts(f"{name}.env", env)
        self.cwd = None if cwd is None else _text(f"{name}.cwd", cwd)
        self.url = None if url is None else _url(f"{name}.url", url)
        self.headers = _headers(f"{name}.headers", headers)
        self.timeout_s = _seconds(f"{name}.timeout_s", timeout_s)
        self.tools = None if tools is None else _names(f"{name}.tools", tools)
        self.prefix = prefix
        if not isinstance(prefix, str) or (prefix and not is_tool_name(prefix)):
            raise ValueError(f"{name}.prefix is made of a-z, A-Z, 0-9, _ and -, not {prefix!r:.80}")
        if self.command is None:
            given = {"args": args, "env": env, "cwd": cwd}
            if wrong := [key for key in _FOR_COMMAND if given[key]]:
                raise ValueError(f"{name}.{wrong[0]} is for a server with a `command`")
        elif headers:
            raise ValueError(f"{name}.headers is for a server with a `url`")

    @classmethod
    def from_config(cls, name: str, data: Any) -> ServerSettings:
        """The server of one entry of `mcp_servers`, its references resolved."""
        place = f"mcp_servers.{name}"
        if not isinstance(data, dict):
            raise ValueError(f"{place} is a mapping with a `command` or a `url`, not {data!r:.80}")
        given = {key: value for key, value in data.items() if not key.startswith("x-")}
        for key in given:
            if key not in KEYS:
                from looplet.calling import did_you_mean

                raise ValueError(f"{place}: no key `{key}`{did_you_mean(key, KEYS)}")
        settings = cls(place, **{key: value for key, value in given.items() if value is not None})
        settings.name = name
        return settings

    def offered_name(self, tool: str) -> str:
        """The name under which the model gets a tool of this server."""
        return offered_name(tool, self.prefix)

    @property
    def in_words(self) -> str:
        """The server in a message, without what may hold a secret: arguments, a query."""
        where = f"`{self.command[0]}`" if self.command else str(self.url).partition("?")[0]
        return f"`{self.name}` ({where})"


def offered_name(tool: str, prefix: str) -> str:
    """A tool's own name with the prefix; every character that no tool's name can have is `_`."""
    return prefix + "".join(char if is_tool_name(char) else "_" for char in tool)


def servers_of(config: Mapping[str, Any]) -> list[ServerSettings]:
    """The servers of config.yaml's `mcp_servers`. Raises ValueError for what is wrong."""
    return [
        ServerSettings.from_config(name, data)
        for name, data in config.items()
        if not name.startswith("x-")
    ]


def with_commands_split(config: Any) -> Any:
    """`mcp_servers` with every `command` as a list, before its references are resolved.

    So an input with spaces in it stays one argument, and cannot add another.
    """
    if not isinstance(config, dict):
        return config
    return {name: _with_command_split(name, data) for name, data in config.items()}


def _with_command_split(name: str, data: Any) -> Any:
    command = data.get("command") if hasattr(data, "get") else None
    if name.startswith("x-") or not isinstance(command, str):
        return data
    return {**data, "command": split_command(command, f"mcp_servers.{name}")}


def split_command(command: str, name: str) -> list[str]:
    """A command line as a list; a reference in it is never split. Raises ValueError."""
    import shlex

    from looplet.references import find_references

    at, text = 0, ""
    kept: list[str] = []
    for reference in find_references(command):
        text += f"{command[at : reference.start]}\0{len(kept)}\0"
        kept.append(command[reference.start : reference.end])
        at = reference.end
    try:
        parts = shlex.split(text + command[at:])
    except ValueError as error:
        why = str(error)[:1].lower() + str(error)[1:]
        raise ValueError(f"{name}.command cannot be split into arguments: {why}") from None
    for number, reference_text in enumerate(kept):
        parts = [part.replace(f"\0{number}\0", reference_text) for part in parts]
    return parts


def _command(name: str, command: Any, args: Any) -> list[str]:
    parts = split_command(command, name) if isinstance(command, str) else command
    if not isinstance(parts, (list, tuple)):
        raise ValueError(f"{name}.command is a text or a list of texts, not {parts!r:.80}")
    parts = [*_list(f"{name}.command", parts), *_list(f"{name}.args", args)]
    if not parts or not parts[0]:
        raise ValueError(f"{name}.command is empty; name the program that starts the server")
    return parts


def _list(place: str, values: Any) -> list[str]:
    if not isinstance(values, (list, tuple)):
        raise ValueError(f"{place} is a list of texts, not {values!r:.80}")
    return [_text(place, value) for value in values]


def _texts(place: str, values: Any) -> dict[str, str]:
    if not isinstance(values or {}, dict):
        raise ValueError(f"{place} is a mapping of names to texts, not {values!r:.80}")
    for key in values or ():
        if not isinstance(key, str) or not key or "=" in key or "\0" in key:
            raise ValueError(f"{place}: {key!r:.80} is no name")
    return {key: _text(f"{place}.{key}", value) for key, value in (values or {}).items()}


def _headers(place: str, values: Any) -> dict[str, str]:
    headers = _texts(place, values)
    for key, value in headers.items():
        if not key.replace("-", "").replace("_", "").isalnum() or not (key + value).isascii():
            raise ValueError(f"{place}: {key!r:.80} is no header that HTTP can carry")
        if not value.isprintable():
            raise ValueError(f"{place}.{key} has a line break or a control character in it")
    return headers


def _text(place: str, value: Any) -> str:
    # A number is what `${runtime.port}` may be; what True is to a program, nobody knows.
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"{place} is made of text, not {value!r:.80}")
    return value


def _url(place: str, value: Any) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        fine = parts is not None and parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        parts, fine = None, False
    if not fine or parts is None:
        raise ValueError(f"{place} is an address such as https://host/mcp, not {value!r:.80}")
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"{place} holds a password; hand it over in `headers`, from an input")
    return str(value)


def _seconds(place: str, value: Any) -> float:
    if type(value) not in (int, float) or not 0 < value < float("inf"):
        raise ValueError(f"{place} is a time in seconds, not {value!r:.80}")
    return float(value)


def _names(place: str, values: Any) -> tuple[str, ...]:
    if not isinstance(values, (list, tuple)) or not all(
        isinstance(value, str) and value for value in values
    ):
        raise ValueError(f"{place} is a list of the names of tools, not {values!r:.80}")
    return tuple(dict.fromkeys(values))
