"""Names in values that must lead somewhere: tools, resources, inputs, files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from looplet.builtin_tools.subagent import nested_in_agents, tool_name
from looplet.compiler import layout
from looplet.compiler.cartridge import Cartridge, Tool
from looplet.compiler.diagnostics import Diagnostic, Edit, Fix, Span
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct3_references as ct3
from looplet.compiler.rules import ct6_safety as ct6
from looplet.compiler.rules import ct9_advice as ct9
from looplet.compiler.suggest import closest, correction
from looplet.compiler.syntax import Document
from looplet.mcp.settings import offered_name
from looplet.references import find_references

ALWAYS = frozenset(("runtime", "cartridge_root", "python_executable"))


def resource_names(resolved: Resolved) -> list[str]:
    """The names of the resources that the agent builds."""
    return [path[10:-3] for path in resolved.homes if layout.code_kind(path) == "resource"]


def own_tool_names(resolved: Resolved) -> set[str]:
    """The names of the cartridge's own tools; also of those whose `tool.yaml` is missing, which is
    reported."""
    folders = {path.split("/")[1] for path in resolved.homes if layout.code_kind(path) == "tool"}
    return {*resolved.tools, *folders, *builtin_tools(resolved)}


def tool_names(resolved: Resolved) -> set[str]:
    """The names of all tools that are known: its own, and those that servers are asked for."""
    listed = [name for server in servers(resolved) for _, name in server_tools(*server)]
    return {*own_tool_names(resolved), *listed}


def servers(resolved: Resolved) -> Iterator[tuple[str, dict[str, Any]]]:
    """The servers in `mcp_servers` that can be read, by name."""
    listed = resolved.config.get("mcp_servers")
    for name, server in listed.items() if isinstance(listed, dict) else ():
        if isinstance(server, dict) and not name.startswith("x-"):
            yield name, server


def server_tools(name: str, server: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """The tools that a server is asked for: index in its list, and the name that the agent uses."""
    prefix = server.get("prefix", "")
    listed = server.get("tools")
    for index, tool in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(tool, str) and isinstance(prefix, str):
            yield index, offered_name(tool, prefix)


def open_names(resolved: Resolved) -> bool:
    """Whether the agent may have tools that are not known here: what a server offers is seen when
    it runs, unless its `tools` are listed; and what could not be read is another finding."""
    return any(not isinstance(server.get("tools"), list) for _, server in servers(resolved)) or any(
        resolved.unread(layout.CONFIG, key) for key in ("builtin_tools", "mcp_servers")
    )


def check_tools(resolved: Resolved) -> Iterator[Diagnostic]:
    """The done tool is there; a tool's name is its folder's; what it requires is built."""
    names = own_tool_names(resolved)
    done = resolved.config.get("done_tool", "done")
    ending = not resolved.unread(layout.CONFIG, "done_tool") and str(done) in names
    if not ending and _judged(resolved, done):
        path, span = resolved.place(layout.CONFIG, ("done_tool",))
        near = closest(done, names)
        fixes = correction(path, span, done, near)
        yield ct3.unknown_done_tool.at(
            path,
            span,
            fixes=fixes,
            name=done,
            near=near,
            tools=sorted(names),
            given="done_tool" in resolved.config,
        )
    resources = resource_names(resolved)
    for tool in resolved.tools.values():
        if tool.short:
            continue
        document = tool.document
        if document is None:
            continue
        name = tool.value.get("name")
        if isinstance(name, str) and name != tool.name:
            span = document.span(("name",))
            fix = Fix(f"name it {tool.name}", False, (Edit(tool.path, span, tool.name),))
            yield tool.home.located(
                ct3.name_differs.at(tool.path, span, fixes=(fix,), name=name, folder=tool.name)
            )
        if "output_schema" in tool.value and tool.name != done and ending:
            span = document.span(("output_schema",), key=True)
            yield tool.home.located(ct3.output_schema_unused.at(tool.path, span, done=done))
        yield from _requires(tool.home, document, tool.value.get("requires"), resources)
        if tool.code_home is not None:
            yield from _used_resources(tool, tool.code_home, resources)


def _judged(resolved: Resolved, done: Any) -> bool:
    """Whether the name of the done tool was read, and has the form of a tool's name."""
    if resolved.unread(layout.CONFIG, "done_tool") or not isinstance(done, str):
        return False
    named = layout.TOOL_NAME.match(done) is not None
    return named and not open_names(resolved)


def required(requires: Any) -> list[str]:
    """The names in `requires`, which may be one text; nothing of another type."""
    listed = [requires] if isinstance(requires, str) else requires
    return [str(name) for name in listed] if isinstance(listed, list) else []


def _requires(
    home: Cartridge, document: Document, requires: Any, resources: list[str]
) -> Iterator[Diagnostic]:
    for index, name in enumerate(required(requires)):
        path = ("requires",) if isinstance(requires, str) else ("requires", index)
        if name not in resources and name not in ALWAYS:
            yield home.located(_unknown(document, path, name, resources))


def _unknown(
    document: Document, path: tuple[str | int, ...], name: str, resources: list[str]
) -> Diagnostic:
    near = closest(name, resources)
    word = _word(document, path, name)
    fixes = correction(document.path, word, name, near)
    span = word or document.span(path)
    return ct3.unknown_resource.at(
        document.path, span, fixes=fixes, name=name, near=near, resources=resources
    )


def _word(document: Document, path: tuple[str | int, ...], word: str) -> Span | None:
    """The place of a word within the value at `path`, if it stands there once, as it is."""
    _, node, _ = document.locate(path)
    text = document.text[node.start : node.end]
    if text.count(word) != 1:
        return None
    start = node.start + text.index(word)
    return document.span_of(start, start + len(word))


def _used_resources(tool: Tool, home: Cartridge, resources: list[str]) -> Iterator[Diagnostic]:
    code, listed = tool.code, required(tool.value.get("requires"))
    unread = tool.home.unread(tool.path, "requires")
    seen: set[str] = set()
    for use in home.facts(code)["resources"]:
        name = use["key"]
        if name in seen or name in ALWAYS or (use["optional"] and name not in resources):
            continue
        seen.add(name)
        span = Span.of(*use["span"])
        if name not in resources:
            near = closest(name, resources)
            fixes = correction(code, span, f'"{name}"', f'"{near}"' if near else None)
            yield home.located(
                ct3.unknown_resource_used.at(code, span, fixes=fixes, name=name, near=near)
            )
        elif name not in listed and not unread and not meant(name, listed, resources):
            yield home.located(ct3.not_required.at(code, span, name=name))


def meant(name: str, listed: list[str], resources: list[str]) -> bool:
    """Whether a name in `requires` that no resource has, which is reported, is a typo of `name`."""
    return any(closest(each, [name]) for each in listed if each not in resources)


def check_references(resolved: Resolved) -> Iterator[Diagnostic]:
    """Every `${…}` and `@name` in the values of the agent; inputs and resources nobody uses."""
    resources = resource_names(resolved)
    declared = resolved.config.get("inputs")
    inputs = declared if isinstance(declared, dict) else {}
    unread = resolved.unread(layout.CONFIG, "inputs")
    used_resources: set[str] = set()
    used_inputs: set[str] = set()
    for home in resolved.chain:
        for path, document in home.documents.items():
            if document is None or layout.document_kind(path) not in ("config", "runtime", "hook"):
                continue
            if "${" not in document.text and "@" not in document.text:
                continue
            for place, text in _texts(document.value, ()):
                for reference in find_references(text):
                    if reference.kind == "ref":
                        used_resources.add(reference.name)
                    elif reference.kind == "runtime":
                        used_inputs.add(reference.path[0])
                    found = _reference(document, place, text, reference, resources, inputs)
                    if found is not None and not (unread and reference.kind == "runtime"):
                        yield home.located(found)
    if all(all(home.documents.values()) for home in resolved.chain):
        yield from _unused(resolved, resources, used_resources, inputs, used_inputs)


def _reference(
    document: Document,
    place: tuple[str | int, ...],
    text: str,
    reference: Any,
    resources: list[str],
    inputs: dict[str, Any],
) -> Diagnostic | None:
    if reference.kind == "malformed":
        written = text[reference.start : reference.end]
        span = _word(document, place, written) or document.span(place)
        return ct3.malformed_reference.at(document.path, span, text=written)
    if reference.kind == "ref":
        if reference.name in resources or reference.name in ALWAYS:
            return None
        return _unknown(document, place, reference.name, resources)
    if reference.kind == "runtime":
        first = reference.path[0]
        if reference.default is None and first not in inputs and first not in ALWAYS:
            near = closest(first, inputs)
            word = _word(document, place, first)
            fixes = correction(document.path, word, first, near)
            span = word or document.span(place)
            return ct3.undeclared_input.at(document.path, span, fixes=fixes, name=first, near=near)
    return None


def _texts(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        if "${" in value or value[:1] == "@":
            yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            if path or key not in ("extends", "inputs"):
                yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


def _unused(
    resolved: Resolved,
    resources: list[str],
    used_resources: set[str],
    inputs: dict[str, Any],
    used_inputs: set[str],
) -> Iterator[Diagnostic]:
    """Inputs and resources that nothing asks for; silent where code could ask in ways unseen."""
    words = "\n".join(_spoken(resolved)) if resources or inputs else ""
    for tool in resolved.tools.values():
        used_resources.update(required(tool.value.get("requires")))
    for name in resources:
        if name not in used_resources and name not in words:
            path = f"resources/{name}.py"
            yield resolved.homes[path].located(ct9.unused_resource.at(path, name=name))
    told = any(
        resolved.homes[path].text(path).strip()
        for path in (layout.SYSTEM, layout.SYSTEM + ".jinja")
        if path in resolved.homes
    )
    for name in inputs if told else ():
        if name not in used_inputs and name not in words:
            path, span = resolved.place(layout.CONFIG, ("inputs", name), key=True)
            yield ct9.unused_input.at(path, span, name=name)


def _spoken(resolved: Resolved) -> Iterator[str]:
    """The texts of prompts and code, in which a name may be spoken without a reference."""
    for path, home in resolved.homes.items():
        if path.endswith((".py", ".jinja")):
            yield home.text(path)


def check_named_files(resolved: Resolved) -> Iterator[Diagnostic]:
    """Files that values name, such as `memory.long_term`."""
    memory = resolved.config.get("memory")
    if not isinstance(memory, dict):
        return
    named = memory.get("long_term")
    if isinstance(named, str):
        yield from named_file(resolved, named, ("memory", "long_term"))
    include = memory.get("include")
    for index, name in enumerate(include if isinstance(include, list) else ()):
        if isinstance(name, str):
            yield from named_file(resolved, name, ("memory", "include", index), "memory/")


def named_file(
    resolved: Resolved, named: str, path: tuple[str | int, ...], folder: str = ""
) -> Iterator[Diagnostic]:
    """The findings on a value of `config.yaml` that names a file of the cartridge.

    folder: what the name may leave out.
    """
    if "${" in named:
        return
    file, span = resolved.place(layout.CONFIG, path)
    parts = named.split("/")
    if named.startswith(("/", "~")) or ".." in parts or "\\" in named or ":" in named[:3]:
        yield ct6.path_leaves.at(file, span, path=named)
        return
    plain = "/".join(part for part in parts if part not in ("", "."))
    if not plain.startswith(folder):
        plain = folder + plain
    if plain not in resolved.homes and resolved.complete:
        near = closest(plain, resolved.homes)
        near = near.removeprefix(folder) if near and not named.startswith(folder) else near
        fixes = correction(file, _named_word(resolved, path, named), named, near)
        yield ct3.missing_named_file.at(file, span, fixes=fixes, path=named, near=near)


def _named_word(resolved: Resolved, path: tuple[str | int, ...], named: str) -> Span | None:
    """The place of a text of `config.yaml` without its quotes, if it is this cartridge's own."""
    document = resolved.cartridge.documents.get(layout.CONFIG)
    if document is None or document.locate(path)[2] < len(path):
        return None
    return _word(document, path, named)


def builtin_entries(resolved: Resolved) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """The entries of `builtin_tools` that can be read: index, name and settings."""
    listed = resolved.config.get("builtin_tools")
    for index, item in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(item, str):
            yield index, item, {}
        elif isinstance(item, dict) and len(item) == 1:
            [(name, settings)] = item.items()
            yield index, name, settings if isinstance(settings, dict) else {}


def builtin_tools(resolved: Resolved) -> list[str]:
    """The names of the tools that `builtin_tools` asks for; of `subagent`, those of the agents."""
    found: list[str] = []
    for _, name, settings in builtin_entries(resolved):
        if name == "subagent":
            found += agent_names(resolved, settings).values()
        else:
            found.append(name)
    return found


def agent_names(resolved: Resolved, settings: dict[str, Any]) -> dict[str, str]:
    """The tools of one `subagent` entry: folder of the nested cartridge → name."""
    path, name = settings.get("cartridge"), settings.get("name")
    if path is None:
        return {path: tool_name(path) for path in nested_in_agents(resolved.homes)}
    if not isinstance(path, str):
        return {}
    return {path: name if isinstance(name, str) else tool_name(path)}
