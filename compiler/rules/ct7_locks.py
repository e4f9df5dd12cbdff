"""CT7, continued: `cartridge.lock`, which pins what an agent executes."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule


@rule("CT780", "lock-missing", "error")
def missing(shown: str) -> str:
    """There is no `cartridge.lock`, and the command needs one.

    The lock pins what the agent executes and does not hold itself: parents, Python packages,
    servers, the model. `looplet-compile lock my_agent.cartridge` writes it; keep it with the
    cartridge, in version control too.
    """
    return f"there is no `cartridge.lock`; write one with `looplet-compile lock {shown}`"


@rule("CT781", "lock-unreadable", "error")
def unreadable(why: str) -> str:
    """`cartridge.lock` cannot be read, or is not what the command wrote.

    It is written by `looplet-compile lock` and never by hand: its `digest` shows every change, and
    so does a merge that nobody noticed. Where two branches changed it, take either side, and let
    the command write it again from the files.
    """
    return f"the lock cannot be used: {why}"


@rule("CT782", "lock-format", "error")
def other_format(found: object, known: int) -> str:
    """`cartridge.lock` is of a format that this looplet does not know.

    A newer looplet wrote it: update looplet. Or remove the file and lock again, if the older format
    is meant.
    """
    return (
        f"the lock is of format {quote(found)}, and this looplet reads {known}; update looplet, or "
        "remove the file and run `looplet-compile lock`"
    )


@rule("CT783", "lock-of-another", "error")
def of_another(locked: str, name: str) -> str:
    """`cartridge.lock` is that of another cartridge.

    It came along when a folder was copied, or the cartridge was renamed. What it pins says nothing
    of this one.
    """
    return (
        f"the lock is that of {quote(locked)}, and this is {quote(name)}; write its own with "
        "`looplet-compile lock`"
    )


@rule("CT784", "lock-stale", "error")
def stale(what: str, now: str, locked: str) -> str:
    """Something that executes was changed, and `cartridge.lock` still has it as it was.

    If the change is meant, lock again, and look at what changed in the lock as you look at code. If
    it is not, take it back.
    """
    return (
        f"{what}: {now} here, {locked} in `cartridge.lock`; if this is meant, run "
        "`looplet-compile lock`"
    )


@rule("CT785", "lock-parent", "error")
def parent(what: str, now: str, locked: str) -> str:
    """A parent is not the one that was locked.

    A parent's tools, hooks and prompts are the agent's, so each is pinned by the digest of its
    files. Whoever changes a parent changes every agent that extends it: read the change, then lock
    again.
    """
    return (
        f"{what}: {now} here, {locked} in `cartridge.lock`; look at what changed, then run "
        "`looplet-compile lock`"
    )


@rule("CT786", "server-not-pinned", "error")
def unpinned(server: str, why: str, instead: str) -> str:
    """A server's command does not say exactly what it starts, so it cannot be locked.

    `npx -y some-server` and `uvx some-server@latest` download and run whatever was published last,
    by whoever can publish it. Write the version, or the digest of an image.

    Bad:

        mcp_servers:
          docs: {command: npx -y @acme/docs-server@latest}
          logs: {command: docker run -i --rm acme/logs}

    Good:

        mcp_servers:
          docs: {command: npx -y @acme/docs-server@1.4.2}
          time: {command: uvx mcp-server-time==2026.1}
          logs: {command: "docker run -i --rm acme/logs@sha256:9f86d081884c7d65…"}
    """
    return f"the `command` of {quote(server)} {why}; {instead}"


@rule("CT787", "lock-not-resolved", "error")
def not_resolved(what: str, why: str) -> str:
    """What is to be pinned could not be found out.

    Locking asks the installer (pip or uv) and npm which versions there are and what their digests
    are, so it needs them, and the indexes that they are set up to use. `looplet-compile lock
    --check` and `looplet run --locked` need no network.
    """
    return f"{what} cannot be locked: {why}"


@rule("CT788", "not-as-locked", "error")
def not_as_locked(what: str, now: str, locked: str, instead: str) -> str:
    """What is here, on this machine or on the command line, is not what was locked.

    The lock and the cartridge agree, but another version of a package is installed, or another
    Python runs, or another model was asked for.
    `looplet-compile lock PATH --requirements | pip install --require-hashes -r /dev/stdin` installs
    what is pinned.
    """
    return f"{what}: {now} here, {locked} in `cartridge.lock`; {instead}"


@rule("CT789", "loosely-pinned", "advice")
def loosely(what: str, why: str) -> str:
    """Something that executes can change without the lock showing it.

    A server that is reached at a `url` can be another one tomorrow, a program that is found on PATH
    differs from machine to machine, npx picks the newest versions of what a package depends on, and
    a provider decides what an alias of a model stands for. The lock holds what there is to hold;
    the rest is trust.
    """
    return f"{what} is pinned loosely: {why}"
