"""Which files are there, which are missing, and which have almost the right name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from looplet.compiler import layout
from looplet.compiler.cartridge import Cartridge
from looplet.compiler.diagnostics import Diagnostic, Fix, Rule
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct3_references as ct3
from looplet.compiler.rules import ct9_advice as ct9
from looplet.compiler.suggest import closest
from looplet.compiler.syntax import decode

TOP_FILES: Final = (layout.MANIFEST, layout.CONFIG, layout.RUNTIME, "cartridge.lock")
TOP_FOLDERS: Final = ("prompts", "tools", "hooks", "resources", "memory", "skills", "evals")
_KNOWN_IN: Final = {
    "tool": ("tool.yaml", "execute.py", "description.md"),
    "hook": ("config.yaml", "hook.py"),
    "prompts": ("system.md", "system.md.jinja"),
    "evals": ("cases", "scripts"),
    "memory": ("long_term.md",),
}


def check_required(resolved: Resolved) -> Iterator[Diagnostic]:
    """The files that the agent as a whole must have, its parents' included."""
    child = resolved.cartridge
    if layout.CONFIG not in resolved.homes:
        yield _missing(child, layout.CONFIG, "it says what the agent does")
    prompts = {layout.SYSTEM, layout.SYSTEM + ".jinja"}
    if not prompts & resolved.homes.keys() and resolved.complete:
        yield _missing(child, layout.SYSTEM, "every agent has a system prompt")
    for tool in resolved.tools.values():
        if tool.code_home is None and resolved.complete:
            why = "a tool's folder has the function that runs it"
            yield tool.home.located(_missing(tool.home, tool.code, why))
    for folder, home in _folders(resolved, "tools").items():
        path = f"tools/{folder}/tool.yaml"
        if path not in resolved.homes and f"tools/{folder}/execute.py" in resolved.homes:
            yield home.located(_missing(home, path, "a tool's folder says what the tool is"))
    for folder, home in _folders(resolved, "hooks").items():
        for name, why in (
            ("config.yaml", "a hook's folder names the hook's class"),
            ("hook.py", "a hook's folder has the hook's class"),
        ):
            if f"hooks/{folder}/{name}" not in resolved.homes:
                yield home.located(_missing(home, f"hooks/{folder}/{name}", why))


def _folders(resolved: Resolved, top: str) -> dict[str, Cartridge]:
    """The folders in `tools/` or `hooks/` that look like a tool or hook, and who has them first.

    In `tools/` a folder of helpers without a `tool.yaml` of any spelling is legal.
    """
    found: dict[str, Cartridge] = {}
    for path, home in resolved.homes.items():
        parts = path.split("/")
        if len(parts) == 3 and parts[0] == top and not parts[1].startswith(("_", ".")):
            found.setdefault(parts[1], home)
    return found


def _missing(cartridge: Cartridge, path: str, why: str) -> Diagnostic:
    """The finding that `path` is missing, with the file that was meant to be it, if one is."""
    files = cartridge.tree.files
    folder, _, name = path.rpartition("/")
    prefix = folder + "/" if folder else ""
    beside = [
        p[len(prefix) :] for p in files if p.startswith(prefix) and "/" not in p[len(prefix) :]
    ]
    strays = [p for p in beside if p not in _names_known(folder)]
    near = closest(name, strays) or next((p for p in strays if p.lower() == name.lower()), None)
    fixes = (Fix(f"rename {near} to {name}", True, (), (prefix + near, path)),) if near else ()
    return ct3.missing_file.at(path, fixes=fixes, path=path, why=why, near=near)


def said_once(found: list[Diagnostic]) -> list[Diagnostic]:
    """A file that was meant to be a missing one is reported as missing, with the fix that renames
    it, and not once more as misspelt."""
    meant = {
        fix.rename[0]
        for each in found
        if each.code == ct3.missing_file.code
        for fix in each.fixes
        if fix.rename
    }
    misspelt = ct9.misspelt_file.code
    return [each for each in found if each.code != misspelt or each.path not in meant]


def _names_known(folder: str) -> tuple[str, ...]:
    parts = folder.split("/")
    if not folder:
        return TOP_FILES
    if len(parts) == 2 and parts[0] in ("tools", "hooks"):
        return _KNOWN_IN[parts[0][:-1]]
    return _KNOWN_IN.get(parts[0], ())


def check_names(cartridge: Cartridge) -> Iterator[Diagnostic]:
    """What the names of one folder's files say: two forms, version 1, almost right."""
    files = cartridge.tree.files
    for path in files:
        if path.startswith("prompts/") and path.endswith(".md.jinja") and path[:-6] in files:
            yield ct3.two_forms.at(path, other=path[:-6])
        kind = layout.code_kind(path)
        tool = layout.tool_of(path)
        if kind == "short-tool" and f"tools/{tool}/tool.yaml" in files:
            yield ct3.two_forms.at(path, other=f"tools/{tool}/tool.yaml")
        if tool is not None and not layout.TOOL_NAME.match(tool):
            if layout.document_kind(path) == "tool" or kind == "short-tool":
                yield ct3.tool_name.at(path, name=tool)
        elif kind == "resource" and path[10:-3] in (
            "runtime",
            "cartridge_root",
            "python_executable",
        ):
            yield ct3.reserved_name.at(path, name=path[10:-3])
    if "setup.py" in files:
        instead = "build shared objects in `resources/`, and declare packages in `cartridge.json`"
        yield ct3.version_one.at("setup.py", path="setup.py", instead=instead)
    seen: set[str] = set()
    for path in sorted(files):
        if near := _almost(path, cartridge):
            path, near = _folders_apart(path, near)
            if path in seen:
                continue
            seen.add(path)
            fix = Fix(f"rename it to {near}", False, (), (path, near))
            yield ct9.misspelt_file.at(path, fixes=(fix,), near=near)
        elif why := _form_unread(path):
            yield ct9.unused_file.at(path, why=why)


def _folders_apart(path: str, near: str) -> tuple[str, str]:
    """The folder that is misspelt in `path`, and how it was meant, rather than each file in it."""
    parts, meant = path.split("/"), near.split("/")
    depth = next((i for i, (a, b) in enumerate(zip(parts, meant, strict=False)) if a != b), 0)
    return "/".join(parts[: depth + 1]), "/".join(meant[: depth + 1])


_BY_HOOK: Final = {
    "prompts/briefing.md": "static_briefing",
    "prompts/recovery.md": "recovery_hint",
}


def check_unnamed_prompts(resolved: Resolved) -> Iterator[Diagnostic]:
    """The prompts that version 1 used without being asked: nobody does where nothing names them."""
    for path, hook in _BY_HOOK.items():
        home = resolved.homes.get(path)
        if home is None or layout.CONFIG not in resolved.homes:
            continue
        if resolved.unread(layout.CONFIG, "builtin_hooks"):
            continue
        if not any(hook in text or path[8:] in text for text in _speaking(resolved)):
            instead = f"name it in `builtin_hooks` of config.yaml: `- {hook}: {{path: {path}}}`"
            yield home.located(ct3.version_one.at(path, path=path, instead=instead))


def _speaking(resolved: Resolved) -> Iterator[str]:
    """The texts that can name a prompt: declarations, templates and code."""
    for layer in resolved.chain:
        for path in layer.tree.files:
            if path.endswith((".yaml", ".jinja", ".py")):
                yield layer.text(path)


def _almost(path: str, cartridge: Cartridge) -> str | None:
    """The path that a file's name was meant to be, if it is not one that is read."""
    files = cartridge.tree.files
    parts = path.split("/")
    if len(parts) == 1:
        near = _like(path, TOP_FILES)
        return near if near and near not in files else None
    if parts[0] not in TOP_FOLDERS:
        near = _like(parts[0], TOP_FOLDERS)
        return "/".join([near, *parts[1:]]) if near and len(parts) <= 4 else None
    if len(parts) == 2:
        near = _like(parts[1], _KNOWN_IN.get(parts[0], ())) or _eval_file(parts)
        if near and parts[0] == "prompts" and any(p.startswith("prompts/system.md") for p in files):
            return None
    elif len(parts) == 3 and parts[0] in ("tools", "hooks"):
        near = _like(parts[2], _KNOWN_IN[parts[0][:-1]])
    elif len(parts) == 3 and parts[0] == "skills":
        near = _like(parts[2], ("SKILL.md",))
    elif len(parts) == 3 and parts[0] == "evals":
        near = _like(parts[1], _KNOWN_IN["evals"])
        return "/".join([parts[0], near, parts[2]]) if near else None
    else:
        return None
    meant = "/".join([*parts[:-1], near]) if near else None
    return meant if meant not in files else None


def _eval_file(parts: list[str]) -> str | None:
    """`eval_x.py` of `evla_x.py` in `evals/`."""
    beginning, mark, rest = parts[1].partition("_")
    if parts[0] != "evals" or not mark or not rest.endswith(".py"):
        return None
    kinds = ("eval", "collect")
    near = None if beginning in kinds else closest(beginning, kinds)
    return f"{near}_{rest}" if near else None


def _like(name: str, known: tuple[str, ...]) -> str | None:
    """The known name that `name` is a slip of; `.yml` and upper case count as slips."""
    if name in known:
        return None
    plain = name.lower()
    plain = plain[:-4] + ".yaml" if plain.endswith(".yml") else plain
    return plain if plain in known else closest(plain, known)


# Files that were meant to be folders, or of another form, by the endings that give them away.
_FORMS: Final[dict[str, tuple[str, ...]]] = {
    "tools": (".yaml", ".yml", ".json"),
    "hooks": (".py", ".yaml", ".yml"),
    "resources": (".yaml", ".yml", ".json"),
}
_FOLDERS: Final = {
    "tools": "a tool is a folder with a tool.yaml and an execute.py, or one .py file",
    "hooks": "a hook is a folder with a config.yaml and a hook.py",
    "resources": "a resource is a .py file with a function `build`",
}


def _form_unread(path: str) -> str | None:
    parts = path.split("/")
    if len(parts) == 3 and parts[:2] == ["evals", "cases"] and path.endswith((".yaml", ".yml")):
        return "eval cases are JSON files"
    if len(parts) == 3 and parts[:2] == ["evals", "cases"] and path.endswith(".jsonl"):
        return "each eval case is a JSON file of its own"
    if len(parts) == 2 and parts[1].endswith(_FORMS.get(parts[0], ())) and parts[1][0] != "_":
        return _FOLDERS[parts[0]]
    if len(parts) == 2 and parts[0] == "memory" and not path.endswith((".md", ".py")):
        return "memory is read from `.md` and `.py` files"
    if len(parts) > 2 and parts[0] == "memory" and path.endswith(".md"):
        return "memory is read from the files in `memory/` itself, not from folders below it"
    return None


def check_manifest(resolved: Resolved) -> Iterator[Diagnostic]:
    """A manifest, and the folder's name in it."""
    cartridge = resolved.cartridge
    folder = cartridge.tree.name
    if layout.MANIFEST not in cartridge.tree.files:
        stray = any(_like(path, TOP_FILES) == layout.MANIFEST for path in cartridge.tree.files)
        if not stray:
            yield ct9.no_manifest.at("", name=folder)
        return
    document = cartridge.documents.get(layout.MANIFEST)
    name = resolved.manifest.get("name")
    if document is not None and isinstance(name, str) and name != folder:
        yield ct9.name_differs.at(
            layout.MANIFEST, document.span(("name",)), name=name, folder=folder
        )


def check_encoding(cartridge: Cartridge) -> Iterator[Diagnostic]:
    """Texts that the agent is given must be UTF-8; those of declarations the parser has judged."""
    for path, file in cartridge.tree.files.items():
        if path.startswith(("prompts/", "memory/", "tools/")) and path.endswith((".md", ".jinja")):
            yield from decode(path, file.data)[1]


def check_prompt_text(resolved: Resolved) -> Iterator[Diagnostic]:
    """A system prompt that says nothing."""
    for path in (layout.SYSTEM, layout.SYSTEM + ".jinja"):
        home = resolved.homes.get(path)
        if home is not None and not home.text(path).strip():
            rule: Rule = ct9.empty_prompt
            yield home.located(rule.at(path))
