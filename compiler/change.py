"""A changed preset laid over the files it was read from: which bytes have to change."""

from __future__ import annotations

from typing import Any

from looplet.compiler import layout
from looplet.compiler.cartridge import Tool
from looplet.compiler.emit import prompt_bytes
from looplet.compiler.lift import lift, lift_prompts
from looplet.compiler.lower import defaulted
from looplet.compiler.parameters import is_short_form, normalise_parameters
from looplet.compiler.python.literals import assign_literal
from looplet.compiler.reopen import reopen
from looplet.compiler.resolve import SHORT_FORM, Resolved, resolve
from looplet.compiler.text.edit import EditRefused, rewrite
from looplet.compiler.text.lines import BOM
from looplet.compiler.text.spell import json_file, yaml_file
from looplet.preset import AgentPreset, File, PresetError, canonical_json


def changed_files(base: AgentPreset, preset: AgentPreset) -> dict[str, File]:
    """The child's files, changed so that they say `preset` where they said `base`.

    Raises PresetError for what the folder cannot say: a part of a parent taken away, or a value
    that cannot be spliced in.
    """
    resolved = resolve(reopen(preset.layers))
    files = dict(preset.layers[0].files)
    _others(base, preset, files)
    try:
        _documents(resolved, base, preset, files)
    except EditRefused as refused:
        raise PresetError(f"{preset.name}: {refused}") from None
    _texts(resolved, base, preset, files)
    return files


def _documents(
    resolved: Resolved, base: AgentPreset, preset: AgentPreset, files: dict[str, File]
) -> None:
    old, new, anew = lift(base, full=True), lift(preset, full=True), lift(preset)
    for path in sorted({*old, *new}):
        before, after = old.get(path), new.get(path)
        if canonical_json(before) == canonical_json(after):
            continue
        name = layout.tool_of(path)
        tool = resolved.tools.get(name) if name else None
        if tool and tool.short and (after is None or preset.tool_defs[tool.name].code == tool.path):
            if before is not None and after is not None:
                _short_form(tool, before, after, files)
            continue  # its code, which goes with the other files, is its declaration
        if after is None:
            _remove(path, files)
            if path.endswith("/tool.yaml"):
                files.pop(path.replace("tool.yaml", "description.md"), None)
            continue
        home = resolved.cartridge if path in files else resolved.homes.get(path)
        if path == layout.RUNTIME and home is not resolved.cartridge:
            # Merged and not overlaid: what a parent says of it need not be said again.
            files[path] = File(yaml_file(_back({}, before or {}, after)).encode())
            continue
        if home is None or before is None:
            value = anew.get(path, after)
            text = json_file(value) if path.endswith(".json") else yaml_file(value)
            files[path] = File(text.encode())
            continue
        file = home.tree.files[path]
        written = home.value(path)
        if path == layout.CONFIG:
            after = after | {"permissions": _own_permissions(resolved, before, after)}
            if after["permissions"] is None:
                del after["permissions"]
        if tool is not None:
            after = _description(resolved, path, before, after, files)
            made = _with_parameters(tool, written, before, after)
        else:
            made = _back(written, before, after)
        files[path] = File(rewrite(path, file.data, made), file.executable)


def _back(written: dict[str, Any], old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What is written, with the differences between `old` and `new` made in it."""
    made = dict(written)
    for key, item in new.items():
        if key in old and canonical_json(old[key]) == canonical_json(item):
            continue
        if isinstance(item, dict) and isinstance(old.get(key), dict) and item:
            inner = written.get(key)
            made[key] = _back(inner if isinstance(inner, dict) else {}, old[key], item)
        elif item is None and key in written and key in ("timeout_s", "output_schema"):
            del made[key]
        else:
            made[key] = item
    for key in old.keys() - new.keys():
        made.pop(key, None)
    return made


def _own_permissions(resolved: Resolved, before: dict[str, Any], after: dict[str, Any]) -> Any:
    """What the child itself has to say of permissions, besides what its parents say."""
    wanted = after.get("permissions")
    if resolved.cartridge.parent is None or not isinstance(wanted, dict):
        return wanted
    inherited = resolve(resolved.cartridge.parent).config.get("permissions") or {}
    own = dict(wanted)
    for key in ("deny", "ask", "allow"):
        above = inherited.get(key, [])
        if above and wanted.get(key, [])[: len(above)] != above:
            raise PresetError(
                f"permissions.{key}: rules of a parent cannot be changed in its child"
            )
        if key in own and above:
            own[key] = own[key][len(above) :]
            if not own[key] and key not in resolved.cartridge.value(layout.CONFIG).get(
                "permissions", {}
            ):
                del own[key]
    return own


def _description(
    resolved: Resolved,
    path: str,
    before: dict[str, Any],
    after: dict[str, Any],
    files: dict[str, File],
) -> dict[str, Any]:
    """A description kept in a file of its own is changed there."""
    beside = path.replace("tool.yaml", "description.md")
    if beside not in resolved.homes or before["description"] == after["description"]:
        return after
    text = resolved.homes[beside].tree.files[beside].data.decode("utf-8-sig")
    core = text.strip()
    head = text[: text.index(core)] if core else ""
    made = head + after["description"] + text[len(head) + len(core) :]
    files[beside] = File(_bom(resolved, beside) + made.encode())
    return after | {"description": before["description"]}


def _with_parameters(
    tool: Tool, written: dict[str, Any], before: dict[str, Any], after: dict[str, Any]
) -> dict[str, Any]:
    """A tool's values; the short form of its parameters stays while it can say what is wanted."""
    if not is_short_form(written.get("parameters")):
        return _back(written, before, after)
    old, new = (value["parameters"].get("properties", {}) for value in (before, after))
    made = _back(written, before | {"parameters": old}, after | {"parameters": new})
    said = normalise_parameters(made.get("parameters"), defaulted(tool))
    if canonical_json(said) != canonical_json(after["parameters"]):
        made["parameters"] = after["parameters"]
    return made


def short_parameters_path(dotted: str, value: Any) -> str | None:
    """`parameters.properties.x` of a lifted tool as its short form spells it: `parameters.x`."""
    head = "parameters.properties."
    if not isinstance(value, dict) or not is_short_form(value.get("parameters")):
        return None
    return "parameters." + dotted[len(head) :] if dotted.startswith(head) else None


def _short_form(
    tool: Tool, before: dict[str, Any], after: dict[str, Any], files: dict[str, File]
) -> None:
    """A tool in short form is declared by the literals of its code: they are changed there."""
    file = files.get(tool.path) or tool.home.tree.files[tool.path]
    data = file.data
    for dunder, key in SHORT_FORM.items():
        if canonical_json(before[key]) != canonical_json(after[key]):
            data = assign_literal(tool.path, data, dunder, after[key])
    files[tool.path] = File(data, file.executable)


def _texts(
    resolved: Resolved, base: AgentPreset, preset: AgentPreset, files: dict[str, File]
) -> None:
    old, new = lift_prompts(base), lift_prompts(preset)
    for path in sorted({*old, *new}):
        if path not in new:
            _remove(path, files)
        elif old.get(path) != new[path]:
            executable = path in files and files[path].executable
            data = prompt_bytes(path, new[path], bool(_bom(resolved, path)))
            files[path] = File(data, executable)


def _bom(resolved: Resolved, path: str) -> bytes:
    mark = BOM.encode()
    home = resolved.homes.get(path)
    return mark if home and home.tree.files[path].data.startswith(mark) else b""


def _others(base: AgentPreset, preset: AgentPreset, files: dict[str, File]) -> None:
    for path in {*base.files, *preset.files}:
        if path not in preset.files:
            _remove(path, files)
        elif base.files.get(path) != preset.files[path]:
            files[path] = preset.files[path]


def _remove(path: str, files: dict[str, File]) -> None:
    if path not in files:
        raise PresetError(f"{path} comes from a parent; a child cannot take it away")
    del files[path]
