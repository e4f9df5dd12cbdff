"""npm's `@copilotkit/aimock`, started on a free port: scripted conversations on the wires of OpenAI
and of Anthropic, and a journal of what was asked."""

import json
import subprocess
from typing import Any
from urllib.request import Request, urlopen

from node_packages import node_package_bin


class Aimock:
    def __init__(self, folder: Any) -> None:
        command = [*node_package_bin("llmock"), "-p", "0", "-f", str(folder), "-c", "7"]
        (folder / "none.json").write_text(
            '{"fixtures": [{"match": {"userMessage": "@@none@@"}, "response": {"content": "x"}}]}'
        )
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        assert self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            said.append(line)
            if "listening on " in line:
                self.url = line.rsplit("listening on ", 1)[1].strip()
                return
        raise AssertionError("aimock did not start: " + "".join(said))

    def base_url(self, provider: str) -> str:
        return f"{self.url}/v1" if provider == "openai" else self.url

    def script(self, *turns: Any) -> None:
        """The answers, the n-th of them to a conversation in which the model spoke n times."""
        self._call("POST", "/reset")
        fixtures = [{"match": {"turnIndex": number}, **turn} for number, turn in enumerate(turns)]
        self._call("POST", "/fixtures", {"fixtures": fixtures})

    def journal(self) -> list[Any]:
        """The requests since the last script, in order."""
        entries: list[Any] = self._call("GET", "/journal")
        return entries

    def close(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=10)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(f"{self.url}/__aimock{path}", data, headers, method=method)
        with urlopen(request, timeout=10) as response:
            return json.load(response)


def says(content: str = "", *calls: tuple[str, Any], **more: Any) -> dict[str, Any]:
    """One turn: a text, and calls as pairs of name and arguments."""
    response: dict[str, Any] = {**more}
    if content:
        response["content"] = content
    if calls:
        response["toolCalls"] = [{"name": name, "arguments": args} for name, args in calls]
    return {"response": response}
