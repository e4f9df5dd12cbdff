"""A lock against the cartridge as it is now: each difference, with where it comes from.

It needs no network: what an index knows is in the lock, and what the lock rests on is declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from looplet.compiler.locking import model, servers
from looplet.compiler.locking.declared import Declared
from looplet.compiler.locking.errors import Found
from looplet.compiler.locking.names import distribution, requirement_name, without_login

CONFIG = "config.yaml"
MANIFEST = "cartridge.json"
ABSENT = "not there"
_DEPENDENCIES = ("dependencies",)


def differences(now: Declared, lock: Mapping[str, Any]) -> list[Found]:
    """Everything in which the cartridge is not what was locked; a problem of it is one too."""
    values = now.values
    locked = lock["cartridge"]
    if locked["name"] != values["cartridge"]["name"]:
        names = {"locked": locked["name"], "name": values["cartridge"]["name"]}
        return [Found("of_another", names, MANIFEST, ("name",))]
    found = list(now.problems)
    unpinned = {(each.agent, each.keys[1]) for each in now.problems}
    was, is_ = locked["schema_version"], values["cartridge"]["schema_version"]
    if was != is_:
        found.append(_stale("the version of the format", is_, was, MANIFEST, ("schema_version",)))
    found += _parents(values["parents"], lock["parents"])
    found += _python(values["python"], lock["python"])
    found += _agent("", values, lock, unpinned)
    for path in sorted(values["agents"].keys() | lock["agents"].keys()):
        agent, before = values["agents"].get(path), lock["agents"].get(path)
        if agent is None or before is None:
            what = f"the agent `{path}` in this one"
            here, there = (ABSENT if each is None else "there" for each in (agent, before))
            found.append(_stale(what, here, there, CONFIG, ("builtin_tools",)))
        else:
            found += _agent(path, agent, before, unpinned)
    return found


def _parents(now: list[dict[str, Any]], locked: list[dict[str, Any]]) -> Iterator[Found]:
    here = {each["place"]: each for each in now}
    before = {each["place"]: each for each in locked}
    for place in [*here, *(each for each in before if each not in here)]:
        one, other = here.get(place), before.get(place)
        if one == other:
            continue
        words = _differing(one, other)
        what = f"the parent `{place}`"
        facts = {"what": what, "now": words[0], "locked": words[1]}
        yield Found("parent", facts, CONFIG, ("extends",))
    if here == before and list(here) != list(before):
        facts = {"what": "the order of the parents", "now": "another", "locked": "another"}
        yield Found("parent", facts, CONFIG, ("extends",))


def _differing(one: dict[str, Any] | None, other: dict[str, Any] | None) -> tuple[str, str]:
    """A parent here and in the lock, by the first of its values that differs."""
    if one is None or other is None:
        return _or_absent(one, _named), _or_absent(other, _named)
    if _named(one) != _named(other):
        return _named(one), _named(other)
    return f"files of the digest {one['tree'][:12]}…", f"{other['tree'][:12]}…"


def _named(parent: Mapping[str, Any]) -> str:
    return f"`{parent['name']} {parent['version']}`"


def _python(now: Mapping[str, Any], locked: Mapping[str, Any]) -> Iterator[Found]:
    here, before = set(now["requires"]), set(locked["requires"])
    for each in sorted(here ^ before):
        shown = f"`{without_login(each)}`"
        words = (shown, ABSENT) if each in here else (ABSENT, shown)
        yield _stale("a dependency", *words, MANIFEST, _DEPENDENCIES)
    pinned = {each["name"] for each in locked["packages"]}
    for each in sorted(here & before):
        if distribution(requirement_name(each)) not in pinned and ";" not in each:
            yield _stale("a dependency", f"`{each}`", "no version of it", MANIFEST, _DEPENDENCIES)
    if now["requires_python"] != locked["requires_python"]:
        one, other = (f"`{each['requires_python'] or 'any'}`" for each in (now, locked))
        yield _stale("the Python it needs", one, other, MANIFEST, ("requires_python",))


def _agent(
    path: str, now: Mapping[str, Any], locked: Mapping[str, Any], unpinned: set[Any]
) -> Iterator[Found]:
    of = f" of the agent `{path}`" if path else ""
    if now["model"] != locked["model"]:
        words = (model.shown(now["model"]), model.shown(locked["model"]))
        yield _stale(f"the model{of}", *words, CONFIG, ("model",), path)
    for name in sorted(now["servers"].keys() | locked["servers"].keys()):
        if (path, name) in unpinned:
            continue
        one, other = now["servers"].get(name), locked["servers"].get(name)
        plain = None if other is None else _plain(other)
        if one != plain:
            keys = ("mcp_servers", name)
            yield _stale(f"the server `{name}`{of}", *_server_words(one, plain), CONFIG, keys, path)


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A server of a lock without what an index knows of it."""
    plain = dict(entry)
    if "packages" in plain:
        names = ("name", "version")
        plain["packages"] = [{key: each[key] for key in names} for each in plain["packages"]]
    return plain


def _server_words(one: dict[str, Any] | None, other: dict[str, Any] | None) -> tuple[str, str]:
    if one is None or other is None:
        return _or_absent(one, servers.shown), _or_absent(other, servers.shown)
    words = servers.shown(one), servers.shown(other)
    if words[0] != words[1]:
        return words
    key = next(key for key in (*one, *other) if one.get(key) != other.get(key))
    what = {"command": "arguments", "url": "query", "env": "names in `env`"}.get(key, f"`{key}`")
    return f"other {what}", "others"


def _or_absent(entry: dict[str, Any] | None, shown: Callable[[dict[str, Any]], str]) -> str:
    return ABSENT if entry is None else shown(entry)


def _stale(
    what: str, now: Any, locked: Any, file: str, keys: tuple[str | int, ...], agent: str = ""
) -> Found:
    facts = {"what": what, "now": str(now), "locked": str(locked)}
    return Found("stale", facts, file, keys, agent)


__all__ = ["differences"]
