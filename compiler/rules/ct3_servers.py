"""CT34: servers of tools, in `mcp_servers`."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule


@rule("CT340", "server-two-ways", "error")
def two_ways(server: str) -> str:
    """A server has a `command` and a `url`.

    A server is either started, with `command`, or runs already and is reached at its `url`. With
    `extends`, one of them may come from the parent.

    Bad:

        mcp_servers:
          docs: {command: docs-server, url: "https://docs.example.com/mcp"}

    Good:

        mcp_servers:
          docs: {command: docs-server}
    """
    return f"{quote(server)} has a `command` and a `url`; keep the one that is meant"


@rule("CT341", "server-command", "error")
def command(server: str, why: str) -> str:
    """A server's `command` cannot be split into a program and its arguments.

    A text is split as a shell would split it, though no shell is used: quotes have to be closed. A
    list is taken as it is, one item for each argument.

    Bad:

        command: docs-server --title "All docs

    Good:

        command: [docs-server, --title, All docs]
    """
    return f"the `command` of {quote(server)} cannot be split into arguments: {why}; write a list"


@rule("CT342", "server-tool-taken", "error")
def tool_taken(name: str, other: str) -> str:
    """A server's tool has a name that another tool of the agent has.

    A model calls a tool by its name alone, and so do permissions. Give the server a `prefix`, or
    leave the tool out of its list of `tools`.

    Bad, with a folder `tools/search/`:

        mcp_servers:
          docs: {command: docs-server, tools: [search]}

    Good:

        mcp_servers:
          docs: {command: docs-server, tools: [search], prefix: docs_}
    """
    return f"{quote(name)} is taken by {other}; give the server a `prefix`, or leave the tool out"


@rule("CT343", "server-setting", "error")
def setting(why: str) -> str:
    """A setting of a server is of the right type, and no server can be reached or started with it.

    A header has a name and a text that HTTP can carry, an address has a host and no password, a
    variable has a name without `=`.

    Bad:

        mcp_servers:
          docs: {url: "https://ada:secret@docs.example.com/mcp"}

    Good:

        mcp_servers:
          docs: {url: "https://docs.example.com/mcp", headers: {Authorization: "${runtime.token}"}}
    """
    return why
