from collections.abc import Iterator

import pytest
from aimock_server import Aimock
from chat_server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


@pytest.fixture(scope="session")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aimock]:
    made = Aimock(tmp_path_factory.mktemp("aimock"))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def fresh_face(request: pytest.FixtureRequest) -> None:
    """A Face collects what happens; each test begins with an empty one."""
    params = getattr(request.node, "callspec", None)
    if params is not None and "face" in params.params:
        params.params["face"].clear()
