"""A server that misbehaves in the way that its first argument names. Standard library only.

    python misbehaving.py MODE [FILE]

Each start adds a line to FILE, which says how often it was started.
"""

import json
import os
import sys
import time

MODE = sys.argv[1]
LOG = sys.argv[2] if len(sys.argv) > 2 else os.devnull
NUMBER = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
EMPTY: dict[str, object] = {"type": "object"}


def tool(name: str, schema: object = EMPTY, **more: object) -> dict[str, object]:
    return {"name": name, "description": f"{name}.", "inputSchema": schema, **more}


TOOLS = [tool("double", NUMBER), tool("act")]
if MODE == "odd_tools":
    TOOLS = [
        tool("fine"),
        tool("dotted.name/x"),
        tool("n" * 65),
        tool("unknown_keyword", {"type": "object", "unevaluatedProperties": False}),
        tool("bad_reference", {"type": "object", "properties": {"a": {"$ref": "#/$defs/no"}}}),
        tool(
            "null_default",
            {"type": "object", "properties": {"n": {"type": "integer", "default": None}}},
        ),
        tool("has_ctx", {"type": "object", "properties": {"ctx": {"type": "string"}}}),
        tool("long", description="x" * 1_000_000),
        tool("huge", {"type": "object", "description": "x" * 1_000_000}),
        tool("done"),
    ]
if MODE == "bad_list":
    TOOLS = [tool("fine"), tool("no_object", {"type": "array"})]


def say(message: object) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def starts() -> int:
    with open(LOG) as file:
        return len(file.readlines())


def called(name: str, args: dict[str, object]) -> dict[str, object] | None:
    """The result of a call; None for no answer at all."""
    if name == "double":
        return {"content": [{"type": "text", "text": str(2 * args["n"])}]}
    if MODE == "dies" or (MODE == "dies_once" and starts() == 1):
        sys.stderr.write("I am out of memory\n")
        sys.stderr.flush()
        os._exit(3)
    if MODE in ("hangs", "hangs_in_calls"):
        if MODE == "hangs":
            time.sleep(60)
        return None
    if MODE == "garbage_answer":
        return {"content": "no list"}
    if MODE == "big":
        return {"content": [{"type": "text", "text": "x" * 3_000_000}]}
    if MODE == "blocks":
        image = {"type": "image", "data": "aGVsbG8=", "mimeType": "image/png"}
        blob = {"uri": "a://b", "blob": "aGVsbG8=", "mimeType": "application/pdf"}
        file = {"uri": "a://c", "text": "words"}
        link = {"type": "resource_link", "uri": "a://d", "name": "d"}
        blocks = [{"type": "text", "text": "see"}, image, link]
        blocks += [{"type": "resource", "resource": part} for part in (blob, file)]
        return {"content": blocks}
    if MODE == "echoes":
        return {"content": [], "structuredContent": {"name": name, "args": args}}
    if MODE == "says":
        about = {"env": dict(os.environ), "cwd": os.getcwd(), "argv": sys.argv[1:]}
        return {"content": [], "structuredContent": about}
    return {"content": [{"type": "text", "text": "no"}], "isError": True}


def main() -> None:
    with open(LOG, "a") as file:
        file.write(f"{os.getpid()}\n")
    if MODE == "silent":
        time.sleep(60)
    if MODE == "dies_at_once":
        sys.exit("there is no database")
    if MODE == "endless_line":
        while True:
            sys.stdout.write("x" * 65536)
    for line in sys.stdin:
        message = json.loads(line)
        if MODE == "garbage":
            print("Starting up …\n{not json}\n[1, 2]\n\x00\xff")
            sys.stdout.buffer.write(b"\xff\xfe\n")
            sys.stdout.buffer.flush()
        if MODE == "floods":
            sys.stderr.write("complaint\n" * 100_000)
        if MODE == "closes_stderr" and sys.stderr is not None:
            os.close(2)
            sys.stderr = None  # type: ignore[assignment]
        if "id" not in message:
            continue
        method, result = message["method"], None
        if method == "initialize":
            version = message["params"]["protocolVersion"]
            about = {"name": "misbehaving", "version": "1"}
            result = {
                "protocolVersion": version,
                "capabilities": {"tools": {}},
                "serverInfo": about,
            }
        elif method == "tools/list":
            if MODE == "endless_list":
                result = {"tools": TOOLS, "nextCursor": "more"}
            else:
                result = {"tools": TOOLS}
        elif method == "tools/call":
            result = called(message["params"]["name"], message["params"].get("arguments") or {})
            if result is None:
                continue
        if result is None:
            error = {"code": -32601, "message": "no such method"}
            say({"jsonrpc": "2.0", "id": message["id"], "error": error})
        else:
            say({"jsonrpc": "2.0", "id": message["id"], "result": result})


if __name__ == "__main__":
    main()
