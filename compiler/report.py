"""What a check found, and the exception that carries it where a preset was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from looplet.compiler.diagnostics import Diagnostic
from looplet.preset import AgentPreset


@dataclass(frozen=True, slots=True)
class Checked:
    """One cartridge after the check.

    root: the folder as it was asked for. diagnostics: in order of file and place.
    sources: the bytes of the files that diagnostics name, by path, for excerpts.
    preset: None when there are errors.
    """

    root: str
    name: str
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, bytes] = field(repr=False)
    preset: AgentPreset | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """Every cartridge that was checked."""

    cartridges: tuple[Checked, ...]

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return tuple(found for cartridge in self.cartridges for found in cartridge.diagnostics)

    def _count(self, severity: str) -> int:
        return sum(found.severity == severity for found in self.diagnostics)

    @property
    def errors(self) -> int:
        return self._count("error")

    @property
    def warnings(self) -> int:
        return self._count("warning")

    @property
    def advice(self) -> int:
        return self._count("advice")


class CartridgeError(ValueError):
    """A cartridge that does not check clean was to be loaded or changed. `report` has it all."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(self._words())

    def _words(self) -> str:
        errors = [found for found in self.report.diagnostics if found.severity == "error"]
        lines = []
        for found in errors[:10]:
            place = f":{found.span.start.line}:{found.span.start.column}" if found.span else ""
            path = "/".join(part for part in (found.cartridge, found.path) if part)
            lines.append(f"  {path}{place}: {found.code} {found.message}")
        if len(errors) > 10:
            lines.append(f"  … and {len(errors) - 10} more")
        count = "1 mistake" if len(errors) == 1 else f"{len(errors)} mistakes"
        return "\n".join([f"this cartridge has {count}:", *lines])
