"""Each test of a run is made with both drivers."""

from __future__ import annotations

import pytest
from agents_made import Runner, run_async, run_sync


@pytest.fixture(params=[run_sync, run_async], ids=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Runner:
    """Runs a loop to its end, in each of the two drivers."""
    runner: Runner = request.param
    return runner
