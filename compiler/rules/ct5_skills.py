"""CT5, continued: skills, which are texts that a model looks up."""

from __future__ import annotations

from looplet.compiler.diagnostics import quote, rule


@rule("CT540", "skill-front-matter", "error")
def front_matter(why: str) -> str:
    """A `SKILL.md` has no front matter, or some that is not read.

    It begins with lines `key: value` between two lines `---`; what a model chooses the skill by
    stands there. A run reads it without a YAML library, so it is written plainly: texts (plain, in
    quotes on one line, or below `|` or `>`), numbers, and one level of keys in `metadata`.

        ---
        name: pdf-forms
        description: Fill in PDF forms. Use it when a form or a PDF is to be completed.
        ---
        # How to fill in a form …
    """
    return f"the front matter of this skill is not read: {why}"


@rule("CT541", "skill-name", "error")
def name(why: str) -> str:
    """A skill has no name, or not that of its folder.

    The name is what `activate_skill` is called with: 1 to 64 of a-z, 0-9 and single hyphens
    between them, and the same as the folder's, as the Agent Skills specification has it.
    """
    return why


@rule("CT542", "skill-description", "error")
def description(why: str) -> str:
    """A skill has no description, or one of more than 1024 characters.

    It is all that a model sees before it reads the skill. Say what the skill does, and when.
    """
    return why


@rule("CT543", "skill-unknown-key", "warning")
def unknown_key(key: str, near: str | None) -> str:
    """The front matter of a skill has a key that the specification does not have.

    There are `name`, `description`, `license`, `compatibility`, `metadata` and `allowed-tools`.
    What is your own stands in `metadata`.
    """
    hint = f"did you mean {quote(near)}?" if near else "what is your own stands in `metadata`"
    return f"skills have no key {quote(key)}; {hint}"


@rule("CT544", "skill-value", "warning")
def value(key: str, why: str) -> str:
    """A value in the front matter of a skill is not what the specification has there.

    `license` and `allowed-tools` are texts, `compatibility` is one of at most 500 characters, and
    `metadata` is a mapping of names to texts: `version: "1.0"`, with quotes.
    """
    return f"{quote(key)} {why}"


@rule("CT545", "skill-unknown-tool", "advice")
def unknown_tool(name: str, near: str | None) -> str:
    """`allowed-tools` of a skill names a tool that this agent does not have.

    The skill was written for another agent, perhaps. Nothing is allowed by the list here: what the
    agent may do, say its permissions.
    """
    hint = f"; did you mean {quote(near)}?" if near else ""
    return f"this agent has no tool {quote(name)}{hint}"


@rule("CT546", "skill-missing-file", "advice")
def missing_file(path: str, near: str | None) -> str:
    """The instructions of a skill speak of a file that is not in its folder.

    The model will ask for it, and get an error. Paths are relative to the skill's folder.
    """
    hint = f"; did you mean {quote(near)}?" if near else ""
    return f"the skill has no file {quote(path)}{hint}"


@rule("CT547", "not-a-skill", "warning")
def no_skill(why: str) -> str:
    """Something lies in `skills/` that is no skill, so nothing reads it.

    A skill is a folder with a file `SKILL.md`.
    """
    return f"nothing reads this: {why}"
