"""Any cartridge to its preset: of a package by the preset it carries, of a folder by the passes.

This is the front of the compiler for who only loads. A package takes nothing but the standard
library; the passes are imported when there is a folder to read, or something to report.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace

from looplet.places import Place, place_of
from looplet.preset import AgentPreset, PresetError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from looplet.compiler.archive.package import Package


def cartridge_to_preset(
    path: str | os.PathLike[str],
    *,
    strict: bool = True,
    runtime: Mapping[str, Any] | None = None,
    cache: bool = True,
) -> AgentPreset:
    """The preset of a cartridge, without running anything of it.

    path: a folder, which is checked; a package file or an installed package, which has been, and
    which must be whole; or the name of an installed or shipped cartridge (`hello`, `hello>=1.2`).
    runtime: the inputs for the shorthands `preset.tools`, `.hooks` and `.config`. strict: a
    reference to an input that is neither declared nor given is an error; otherwise it is left to
    the binding. cache: use what is known of unchanged contents.

    Raises CartridgeError, whose `report` has every finding, when there are errors; PackageError (a
    PresetError), whose `diagnostic` says why, for a package that is not whole. Where the compiler's
    dependencies are missing, a name of nothing is a PresetError, and a folder an ImportError.
    """
    named = os.fspath(path)
    try:
        place = place_of(named)
    except PresetError as error:
        raise _nowhere(named, error) from None
    if not place.packed:
        try:
            from looplet.compiler.pipeline import folder_to_preset

            return folder_to_preset(place.path, strict=strict, runtime=runtime, cache=cache)
        except ImportError as error:
            if (error.name or "looplet").partition(".")[0] == "looplet":
                raise
            words = f"loading {named!r} needs {error.name}: pip install 'looplet[compiler]'"
            raise ImportError(words, name=error.name) from error
    preset = _carried(place)
    if runtime is None:
        return preset
    if strict:
        _refuse_undeclared(preset, runtime)
    return replace(preset, runtime=dict(runtime))


def _carried(place: Place) -> AgentPreset:
    """The preset that the package at `place` carries."""
    # All that is made here is kept. With a thousand tools, the collector would look through it
    # two dozen times for garbage, and find none.
    collecting = gc.isenabled()
    gc.disable()
    try:
        package = opened(place)
        assert package is not None
        return packed_preset(package, place)
    finally:
        if collecting:
            gc.enable()


def opened(place: Place) -> Package | None:
    """The package at `place`, read and found whole; None if a folder of declarations is there.

    What is read here is what is judged, shown and run: the file is not looked at again. Raises
    PackageError.
    """
    if not place.packed:
        return None
    from looplet.compiler.archive.opening import open_package

    return open_package(place.path)


def packed_preset(package: Package, place: Place) -> AgentPreset:
    """The preset that an opened package carries. Raises PresetError if it is not of this tree."""
    from looplet.compiler.archive.carried import preset_of

    # The files of an installed package are on this machine; those of a file are in it only.
    return preset_of(package, "" if place.kind == "file" else os.path.realpath(place.path))


def _nowhere(named: str, error: PresetError) -> ValueError:
    """What to raise when nothing was found: the finding that `check` has, or else the error."""
    try:
        from looplet.compiler.pipeline import check
        from looplet.compiler.report import CartridgeError
    except ImportError:
        return error
    return CartridgeError(check(named))


def _refuse_undeclared(preset: AgentPreset, runtime: Mapping[str, Any]) -> None:
    """Refuse a reference to an input that nobody declares, and the caller does not give."""
    from looplet.inputs import ALWAYS_THERE

    declared = preset.config_values.get("inputs") or {}
    for where, name in _inputs_used(preset):
        if name not in declared and name not in runtime and name not in ALWAYS_THERE:
            raise PresetError(
                f"{preset.name}: {where} refers to the input {name!r}, which is not declared in "
                "`inputs`, and the caller does not give it"
            )


def _inputs_used(preset: AgentPreset) -> Iterator[tuple[str, str]]:
    """Each input that a value refers to without a default, and the value's name."""
    from looplet.references import find_references

    config = {k: v for k, v in preset.config_values.items() if k not in ("extends", "inputs")}
    hooks = {id: hook.kwargs for id, hook in preset.hook_defs.items()}
    for where, text in _texts({"config": config, "runtime": preset.runtime_values, "hooks": hooks}):
        for reference in find_references(text):
            if reference.kind == "runtime" and reference.default is None:
                yield where, reference.path[0]


def _texts(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(item, f"{where}.{key}" if where else key)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from _texts(item, f"{where}.{index}")


__all__ = ["cartridge_to_preset", "opened", "packed_preset"]
