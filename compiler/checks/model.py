"""The model that an agent is made for: that looplet knows who serves it."""

from __future__ import annotations

from collections.abc import Iterator

from looplet.compiler import layout
from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.resolve import Resolved
from looplet.compiler.rules import ct3_references as ct3
from looplet.compiler.suggest import closest, correction
from looplet.models.choose import PROVIDERS
from looplet.references import find_references


def check_model(resolved: Resolved) -> Iterator[Diagnostic]:
    """The finding on `model.provider`, over the merged configuration."""
    model = resolved.config.get("model")
    provider = model.get("provider") if isinstance(model, dict) else None
    if not isinstance(provider, str) or not provider or provider in PROVIDERS:
        return
    if find_references(provider):
        return
    near = closest(provider, PROVIDERS)
    path, span = resolved.place(layout.CONFIG, ("model", "provider"))
    fixes = correction(path, span, provider, near)
    yield ct3.unknown_provider.at(
        path, span, fixes=fixes, name=provider, near=near, known=PROVIDERS
    )


__all__ = ["check_model"]
