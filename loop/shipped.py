"""The cartridges that come with looplet, by name."""

from __future__ import annotations

import os


def shipped_folder() -> str | None:
    """The folder of the shipped cartridges; None where they were not installed."""
    from importlib.util import find_spec

    spec = find_spec("looplet.cartridges")
    places = list(spec.submodule_search_locations or ()) if spec else []
    return places[0] if places else None


def shipped_names() -> list[str]:
    """The names of the shipped cartridges, sorted."""
    folder = shipped_folder()
    if folder is None or not os.path.isdir(folder):
        return []
    return sorted(
        name.removesuffix(".cartridge")
        for name in os.listdir(folder)
        if name.endswith(".cartridge")
    )


def shipped(name: str) -> str | None:
    """The folder of the shipped cartridge `name`, or None.

    An editable install is a tree of links; the folder they lead to is the one given back, so that
    nothing in it is a link out of it.
    """
    name = name.removesuffix(".cartridge")
    if name not in shipped_names():
        return None
    folder = os.path.join(shipped_folder() or "", name + ".cartridge")
    marker = os.path.join(folder, "config.yaml")
    return os.path.dirname(os.path.realpath(marker)) if os.path.exists(marker) else folder


def shipped_manifest(folder: str) -> dict[str, object]:
    """What the manifest of a shipped cartridge says; empty if it cannot be read."""
    import json

    try:
        with open(os.path.join(folder, "cartridge.json"), encoding="utf-8-sig") as file:
            said = json.load(file)
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def shipped_version(folder: str) -> str:
    """The version of the shipped cartridge in `folder`."""
    return str(shipped_manifest(folder).get("version", "0.0.0"))
