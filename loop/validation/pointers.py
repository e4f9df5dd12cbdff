"""Following a local `$ref`: a JSON pointer from the root of the schema."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    Path = tuple[str | int, ...]


def resolve(root: object, reference: str) -> tuple[Path, object]:
    """Follow a local `$ref` to a path and the schema there; a `LookupError` says why it can't."""
    if not reference.startswith("#"):
        raise LookupError("only local references (`#/$defs/name`) are followed")
    pointer = reference[1:]
    if "%" in pointer:
        from urllib.parse import unquote

        pointer = unquote(pointer)
    if pointer and not pointer.startswith("/"):
        raise LookupError("a reference is `#` or starts with `#/`; anchors are not supported")
    path: list[str | int] = []
    here = root
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and token in here:
            here = here[token]
            path.append(token)
        elif isinstance(here, (list, tuple)) and token in map(str, range(len(here))):
            here = here[int(token)]
            path.append(int(token))
        else:
            raise LookupError(f"`{reference}` leads nowhere in this schema")
    if not isinstance(here, (dict, bool)):
        raise LookupError(f"`{reference}` leads to something that is no schema")
    return tuple(path), here
