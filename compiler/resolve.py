"""Inheritance resolved: the agent that a cartridge and its parents make together.

Files are laid over each other by path, the child's over the parent's. `config.yaml` and
`runtime.yaml` are merged: mappings key by key, all else as the child says, but for permissions,
which only ever grow stricter. Analysis and lowering both work on what is resolved here, so that
what was checked is what is run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from looplet.compiler import layout
from looplet.compiler.cartridge import Cartridge, Hook, Tool
from looplet.compiler.checks.short_tool import short_declaration
from looplet.compiler.diagnostics import Span
from looplet.preset import canonical_json

STRICTNESS: Final = {"allow": 0, "ask": 1, "deny": 2}
SHORT_FORM: Final = {
    "__description__": "description",
    "__parameters__": "parameters",
    "__concurrent_safe__": "concurrent_safe",
    "__free__": "free",
    "__timeout_s__": "timeout_s",
}


@dataclass(slots=True)
class Resolved:
    """The whole agent, each part with the folder it comes from.

    homes: of every file of the agent, the folder that provides it.
    level: how many cartridges this one is nested in. nested: the agents nested in it, by folder, as
        far as they were looked at.
    """

    cartridge: Cartridge
    chain: list[Cartridge]
    homes: dict[str, Cartridge]
    config: dict[str, Any]
    runtime: dict[str, Any]
    tools: dict[str, Tool] = field(default_factory=dict)
    hooks: dict[str, Hook] = field(default_factory=dict)
    level: int = 0
    nested: dict[str, Resolved] = field(default_factory=dict)

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest is the child's own; nothing of it is inherited."""
        return self.cartridge.value(layout.MANIFEST)

    @property
    def name(self) -> str:
        name = self.manifest.get("name")
        return name if isinstance(name, str) else self.cartridge.tree.name

    def place(
        self, file: str, path: tuple[str | int, ...], key: bool = False
    ) -> tuple[str, Span | None]:
        """Where the value at `path` of a merged file stands: the file, and the span in it."""
        for cartridge in self.chain:
            document = cartridge.documents.get(file)
            if document is not None and document.locate(path)[2] == len(path):
                return _join(cartridge, file), document.span(path, key)
        return file, None

    @property
    def complete(self) -> bool:
        """Whether every parent that is named could be opened."""
        last = self.chain[-1]
        return not last.value(layout.CONFIG).get("extends")

    def unread(self, file: str, key: str) -> bool:
        """Whether the agent may mean to say more under `key` of `file` than was read. What follows
        from there being nothing is then no finding: it would only repeat another one."""
        return not self.complete or any(layer.unread(file, key) for layer in self.chain)

    def data(self, path: str) -> bytes:
        return self.homes[path].tree.files[path].data


def _join(cartridge: Cartridge, path: str) -> str:
    return f"{cartridge.place}/{path}" if cartridge.place else path


def resolve(cartridge: Cartridge) -> Resolved:
    """The agent of `cartridge`. Parts that could not be read are left out, never guessed."""
    chain = cartridge.chain()
    resolved = Resolved(
        cartridge,
        chain,
        overlay(chain),
        merged([layer.value(layout.CONFIG) for layer in chain]),
        merged([layer.value(layout.RUNTIME) for layer in chain]),
    )
    resolved.config.pop("extends", None)
    resolved.tools = {tool.name: tool for tool in _tools(resolved)}
    resolved.hooks = {hook.id: hook for hook in _hooks(resolved)}
    return resolved


def overlay(chain: list[Cartridge]) -> dict[str, Cartridge]:
    """Of every path, the folder that provides it, the nearest first.

    A parent's file gives way where the child says the same thing in the other form: `x.md` against
    `x.md.jinja`, `tools/x.py` against `tools/x/`.
    """
    homes: dict[str, Cartridge] = {}
    for layer in chain:
        rivals = set(homes)
        tools = {layout.tool_of(path): path.count("/") for path in rivals}
        for path in layer.tree.files:
            tool = layout.tool_of(path)
            if (
                path in rivals
                or _twin(path) in rivals
                or (
                    tool in tools
                    and tool is not None
                    and (tools[tool] > 1) != (path.count("/") > 1)
                )
            ):
                continue
            homes[path] = layer
    return homes


def _twin(path: str) -> str:
    if not path.startswith("prompts/"):
        return ""
    return path.removesuffix(".jinja") if path.endswith(".md.jinja") else path + ".jinja"


def merged(values: list[dict[str, Any]]) -> dict[str, Any]:
    """Merge configurations, the nearest first in the list."""
    made: dict[str, Any] = {}
    for value in reversed(values):
        permissions = stricter(made.get("permissions"), value.get("permissions"))
        made = _merge(made, value)
        if permissions is not None:
            made["permissions"] = permissions
    return made


def _merge(below: Any, above: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: _merge(below.get(key), item) for key, item in above.items()}}


def stricter(parent: Any, child: Any) -> Any:
    """Permissions of a parent and its child together: every rule of both, the stricter default."""
    if not isinstance(parent, dict) or not isinstance(child, dict):
        return child if isinstance(child, dict) else parent if child is None else child
    made = {**parent, **child}
    for key in ("deny", "ask", "allow"):
        lists = [rules for rules in (parent.get(key), child.get(key)) if isinstance(rules, list)]
        if len(lists) == 2:
            # By the canonical text: `==` takes 1 for true, and would lose a rule.
            known = [canonical_json(rule) for rule in lists[0]]
            made[key] = lists[0] + [rule for rule in lists[1] if canonical_json(rule) not in known]
        elif lists:
            made[key] = lists[0]
    defaults = [p["default"] for p in (parent, child) if p.get("default") in STRICTNESS]
    if defaults:
        made["default"] = max(defaults, key=STRICTNESS.__getitem__)
    return made


def _tools(resolved: Resolved) -> Iterator[Tool]:
    for path, home in resolved.homes.items():
        if not path.startswith("tools/"):
            continue
        kind = layout.document_kind(path)
        name = layout.tool_of(path)
        if name is None:
            continue
        if kind == "tool":
            code = f"tools/{name}/execute.py"
            value: dict[str, Any] = dict(home.value(path))
            description = f"tools/{name}/description.md"
            if description in resolved.homes:
                value["description"] = resolved.homes[description].text(description).strip()
            yield Tool(name, home, path, value, code, resolved.homes.get(code))
        elif layout.code_kind(path) == "short-tool":
            yield Tool(
                name, home, path, short_declaration(home.facts(path), name), path, home, short=True
            )


def _hooks(resolved: Resolved) -> Iterator[Hook]:
    folders = sorted(
        {
            path.split("/")[1]
            for path in resolved.homes
            if path.startswith("hooks/") and path.count("/") > 1
        }
    )
    for folder in folders:
        path, code = f"hooks/{folder}/config.yaml", f"hooks/{folder}/hook.py"
        home = resolved.homes.get(path)
        if home is None and code not in resolved.homes:
            continue
        value = home.value(path) if home else {}
        yield Hook(folder, home, path, value, code, resolved.homes.get(code))
