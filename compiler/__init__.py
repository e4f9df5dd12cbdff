"""The compiler: folders of declarations to presets and back, checked without running anything.

Read the modules in the order of the passes: `source`, `syntax`, `schema`, `analysis`, `lower`,
`emit`; `pipeline` puts them together.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from looplet.compiler.diff.changes import Change, Comparison
    from looplet.compiler.diff.compare import compare
    from looplet.compiler.emit import preset_to_cartridge
    from looplet.compiler.loading import cartridge_to_preset
    from looplet.compiler.pipeline import check, check_all
    from looplet.compiler.report import CartridgeError, Checked, Report

_HOMES = {
    "CartridgeError": "report",
    "Change": "diff.changes",
    "Checked": "report",
    "Comparison": "diff.changes",
    "Report": "report",
    "cartridge_to_preset": "loading",
    "check": "pipeline",
    "check_all": "pipeline",
    "compare": "diff.compare",
    "preset_to_cartridge": "emit",
}

__all__ = [
    "CartridgeError",
    "Change",
    "Checked",
    "Comparison",
    "Report",
    "cartridge_to_preset",
    "check",
    "check_all",
    "compare",
    "preset_to_cartridge",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"looplet.compiler.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
