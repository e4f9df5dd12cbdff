"""Every test of saved runs is made with both drivers."""

from __future__ import annotations

from pathlib import Path

import pytest
from saved_runs import Bench


@pytest.fixture(params=["sync", "async"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Bench:
    return Bench(tmp_path / "run", is_async=request.param == "async")
