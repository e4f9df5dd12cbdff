"""The compiler: folders of declarations to presets and back, checked without running anything.

Read the modules in the order of the passes: `source`, `syntax`, `schema`, `analysis`, `lower`,
`emit`; `pipeline` puts them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from looplet.compiler.emit import preset_to_cartridge
    from looplet.compiler.pipeline import cartridge_to_preset, check, check_all
    from looplet.compiler.report import CartridgeError, Checked, Report

_HOMES = {
    "CartridgeError": "report",
    "Checked": "report",
    "Report": "report",
    "cartridge_to_preset": "pipeline",
    "check": "pipeline",
    "check_all": "pipeline",
    "preset_to_cartridge": "emit",
}

__all__ = [
    "CartridgeError",
    "Checked",
    "Report",
    "cartridge_to_preset",
    "check",
    "check_all",
    "preset_to_cartridge",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"looplet.compiler.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
