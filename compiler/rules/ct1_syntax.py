"""CT1: what a text can have wrong before anyone asks what it means. Found by the `syntax` pass."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule


@rule("CT101", "not-utf8", "error")
def not_utf8(byte: int) -> str:
    """A text file is not UTF-8.

    Every text of a cartridge is UTF-8; a byte order mark is allowed and kept. Save the file as
    UTF-8 in your editor, or convert it: `iconv -f latin1 -t utf-8 old > new`.
    """
    return f"the byte 0x{byte:02x} is not UTF-8; save the file as UTF-8"


@rule("CT102", "control-character", "error")
def control_character(char: str) -> str:
    """A control character, which YAML and JSON do not allow, stands in the text.

    It cannot be seen in most editors and often comes from a copied terminal output. Delete it; in
    a double-quoted text it can be written as an escape, such as `"\\u0007"`.
    """
    return f"the character U+{ord(char):04X} may not stand here; delete it or write it as an escape"


@rule("CT103", "yaml-syntax", "error")
def yaml_syntax(why: str) -> str:
    """The text is not YAML. The message says what the reader met and where.

    Bad:

        description: Finds files: fast

    Good, because a colon and a space begin a mapping unless they are quoted:

        description: "Finds files: fast"
    """
    return why


@rule("CT104", "duplicate-key", "error")
def duplicate_key(key: str, line: int) -> str:
    """A mapping has the same key twice.

    Readers keep the first or the last one without a word, so one of the two values is lost. For
    permissions that can be the difference between denied and allowed. Remove one, or join them.

    Bad:

        max_steps: 5
        done_tool: done
        max_steps: 50
    """
    return f"the key {quote(key)} is given twice, first on line {line}; keep one of them"


@rule("CT105", "tab-indentation", "error")
def tab() -> str:
    """A tab is used as indentation, which YAML forbids.

    How wide a tab is depends on the editor, so what belongs to what could not be told; some
    readers ignore the whole block. Indent with spaces, two a level.
    """
    return "a tab cannot indent YAML; use spaces"


@rule("CT106", "reserved-character", "error")
def reserved(char: str, word: str) -> str:
    """A plain text begins with `@` or a backtick, which YAML keeps for itself.

    Quote it. For a reference to a resource:

    Bad:

        kwargs: {store: @notes}

    Good:

        kwargs: {store: "@notes"}
    """
    return f"{quote(word)} begins with the character {quote(char)}, which YAML reserves; quote it"


@rule("CT107", "yaml-tag", "error")
def tag(name: str) -> str:
    """A value carries a tag such as `!!python/object` or `!include`.

    A cartridge is data: a tag could make some readers build objects or run code, so none but the
    plain ones of YAML's core (`!!str`, `!!int`, `!!float`, `!!bool`, `!!null`, `!!map`, `!!seq`)
    is read. Write the value itself.
    """
    return f"the tag {quote(name)} is not read here; write the value itself"


@rule("CT108", "several-documents", "error")
def several_documents() -> str:
    """A file has more than one YAML document, parted by `---`.

    Only one could be read, and the rest would be lost. A `---` on the first line is fine.
    """
    return "a second document begins here; a file has one: remove the `---`"


@rule("CT109", "alias-bomb", "error")
def alias_bomb(limit: int) -> str:
    """Aliases expand to far more values than the text has.

    A few lines of nested aliases can stand for billions of values and fill the memory of whoever
    reads them. Write the values out, or use fewer aliases.
    """
    return f"the aliases of this file expand to more than {limit:,} values; write them out"


@rule("CT110", "nested-too-deep", "error")
def too_deep(limit: int) -> str:
    """Brackets or blocks are nested more than 100 deep. No agent needs that; readers crash."""
    return f"values are nested more than {limit} deep; flatten them"


@rule("CT111", "number-too-long", "error")
def number_too_long(digits: int) -> str:
    """A number has more digits than anybody means. Quote it if it is a text."""
    return f"a number of {digits:,} digits; quote it if it is a text"


@rule("CT112", "no-such-number", "error")
def not_finite(word: str) -> str:
    """`.nan` and `.inf` are no values of JSON, which is what a cartridge's values are.

    Leave the key out for "no limit", or quote the word if it is a text.
    """
    return f"{quote(word)} is not a number that JSON has; leave the key out, or quote it"


@rule("CT113", "key-not-text", "error")
def key_not_text(word: str) -> str:
    """A key is a number, a truth value, nothing, or a collection. Keys are texts: quote it."""
    return f"the key {quote(word)} is not a text; quote it"


@rule("CT114", "recursive-alias", "error")
def recursive_alias() -> str:
    """An anchor contains an alias to itself, so the value would never end."""
    return "this value contains itself through an alias; write it out"


@rule("CT115", "merge-key", "error")
def merge_key() -> str:
    """`<<` merges mappings in YAML 1.1 only; in YAML 1.2, which cartridges use, it is a plain key.

    Readers disagree about it, so it is refused. Write the keys out, or let the cartridge inherit
    from another with `extends`.
    """
    return "the merge key `<<` is YAML 1.1, on which readers disagree; write the keys out"


@rule("CT116", "json-syntax", "error")
def json_syntax(why: str) -> str:
    """The text is not JSON. JSON has no comments, no trailing commas and only double quotes."""
    return why


@rule("CT117", "text-too-large", "error")
def text_too_large(size: int, limit: int) -> str:
    """A file of declarations is larger than 4 MiB. Large data belongs in a file of its own."""
    return f"{size:,} bytes of declarations, more than {limit:,}; move data to a file of its own"


@rule("CT118", "leading-zero", "advice")
def leading_zero(word: str, value: int) -> str:
    """A number is written with a leading zero.

    YAML 1.1 read `010` as eight, YAML 1.2 reads it as ten. Write the number without the zero, or
    quote it if it is a code such as a postal code.
    """
    return f"{quote(word)} is read as {value}; write {value}, or quote it if it is a text"


@rule("CT119", "empty-file", "warning")
def empty() -> str:
    """The file says nothing: it is empty or has only comments.

    It is read as if it were not there. Remove it, or write what it should say.
    """
    return "this file says nothing; remove it or write what it should say"


@rule("CT120", "lone-surrogate", "error")
def lone_surrogate() -> str:
    """An escape such as `\\ud83d` stands for half a character. Write the character itself."""
    return "half a character (a lone surrogate escape); write the character itself"
