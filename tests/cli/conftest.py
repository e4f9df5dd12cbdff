"""Canned reports: findings put together by hand, to test renderers without a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from looplet.compiler.diagnostics import Diagnostic
from looplet.compiler.report import Checked, Report


@pytest.fixture
def report_on() -> Callable[..., Report]:
    """report_on("a.cartridge", {"config.yaml": "…"}, finding, …) -> Report of one cartridge."""

    def build(root: str, texts: Mapping[str, str], *findings: Diagnostic) -> Report:
        sources = {path: text.encode("utf-8", "surrogatepass") for path, text in texts.items()}
        return Report((Checked(root, root, findings, sources, None),))

    return build
