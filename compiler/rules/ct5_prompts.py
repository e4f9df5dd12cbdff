"""CT5: what a prompt can have wrong. Found by `looplet.compiler.prompts`, without rendering."""

from __future__ import annotations

from looplet.compiler.diagnostics import listing, quote, rule


def _instead(what: str, instead: str) -> str:
    return f"{what}; {instead}" if instead else what


def _meant(nearest: str | None) -> str:
    return f"; did you mean {quote(nearest)}?" if nearest else ""


@rule("CT501", "template-syntax", "error")
def template_syntax(what: str, instead: str) -> str:
    """The template is not Jinja.

    A file that ends in `.md.jinja` is read as a Jinja template: `{{ … }}` prints a value, `{% … %}`
    is a tag, `{# … #}` a comment. To write such brackets themselves, put them between `{% raw %}`
    and `{% endraw %}`, or name the file `.md`, which is taken word for word.

    Bad:

        {% for tool in tools %}
        - {{ tool.name }

    Good:

        {% for tool in tools %}
        - {{ tool.name }}
        {% endfor %}
    """
    return _instead(what, instead)


@rule("CT502", "unknown-variable", "error")
def unknown_variable(name: str, known: tuple[str, ...], nearest: str | None) -> str:
    """A prompt names a variable that no run provides.

    A template sees `task` (the text of the task, with `task.goal` the same text; or the mapping
    that the caller gave), `inputs` (what `inputs` in config.yaml declares), `cartridge` (`name`,
    `version`, `description`), `tools` (a list with `name`, `description` and `parameters` of
    each), and what the template sets itself. Jinja's own globals (`range`, `namespace`, …) are
    not there. At run time the variable would end the run before its first step.

    Bad:

        Work in {{ workspace }}.

    Good:

        Work in {{ inputs.workspace }}.
    """
    if name == "loop":
        return "`loop` is there only inside `{% for %}`"
    given = "" if nearest else f"; a prompt has {listing(known)}"
    return f"nothing provides {quote(name)}{_meant(nearest)}{given}"


@rule("CT503", "unknown-attribute", "error")
def unknown_attribute(
    owner: str, name: str, known: tuple[str, ...], nearest: str | None, kind: str
) -> str:
    """A prompt reads something of a value that the value doesn't have.

    `inputs.…` is what `inputs` in config.yaml declares, down to the `properties` of a JSON Schema;
    `cartridge.…` and `tools[…].…` are fixed; `loop` is there only inside `{% for %}`. A mapping
    that may hold other keys says so: `additionalProperties: true`.

    Bad, with `inputs: {workspace: {type: string}}` in config.yaml:

        Work in {{ inputs.wrokspace }}.

    Good:

        Work in {{ inputs.workspace }}.
    """
    if kind:
        return f"{quote(owner)} is {kind} and has no {quote(name)}; use {quote(owner)} itself"
    if owner == "inputs" and not nearest:
        return f"no input {quote(name)} is declared; add it to `inputs` in config.yaml"
    has = "" if nearest else f"; it has {listing(known) or 'no attributes'}"
    return f"{quote(owner)} has no {quote(name)}{_meant(nearest)}{has}"


@rule("CT504", "may-be-missing", "warning")
def may_be_missing(what: str, why: str) -> str:
    """A value may not be there at run time, and using it then ends the run before its first step.

    It is an optional property, a key of an open mapping, an item of a list that may be empty, or a
    name set in only one branch of an `if`. Say what happens without it: with `default`, or inside
    `{% if … is defined %}`. A plain `{% if inputs.user.nick %}` is no help: it uses the value too.

    Bad:

        Call the user {{ inputs.user.nick }}.

    Good:

        Call the user {{ inputs.user.nick | default("friend") }}.
    """
    return f"{quote(what)} may be missing: {why}; write `| default(…)` or ask `is defined` first"


@rule("CT505", "forbidden-construct", "error")
def forbidden_construct(what: str, instead: str) -> str:
    """The template uses a part of Jinja that prompts don't have.

    Templates are compiled, not trusted: they print, choose, loop, set a name and include, and what
    they do has a bounded cost. There are no calls, macros, blocks, inheritance, attributes that
    begin with `_`, and no operators that can fill the memory (`*`, `**`, `%`). What needs
    computing is computed before the run and passed as an input.

    Bad:

        {{ "-" * 40 }}

    Good:

        ----------------------------------------
    """
    return _instead(what, instead)


@rule("CT506", "unknown-filter", "error")
def unknown_filter(what: str, instead: str, nearest: str | None) -> str:
    """A filter that prompts don't have.

    There are `capitalize`, `count`, `d`, `default`, `first`, `float`, `indent`, `int`, `items`,
    `join`, `last`, `length`, `lower`, `map`, `replace`, `reverse`, `round`, `sort`, `string`,
    `title`, `tojson`, `trim`, `truncate`, `unique` and `upper`, each with a bounded cost.

    Bad:

        {{ inputs.names | jion(", ") }}

    Good:

        {{ inputs.names | join(", ") }}
    """
    return _instead(what, instead) + _meant(nearest)


@rule("CT507", "unknown-test", "error")
def unknown_test(what: str, instead: str, nearest: str | None) -> str:
    """A test (the word after `is`) that prompts don't have.

    There are `boolean`, `defined`, `false`, `float`, `integer`, `mapping`, `none`, `number`,
    `string`, `true` and `undefined`.

    Bad:

        {% if inputs.days is odd %}…{% endif %}

    Good:

        {% if inputs.days is defined %}…{% endif %}
    """
    return _instead(what, instead) + _meant(nearest)


@rule("CT508", "filter-argument", "error")
def filter_argument(what: str, instead: str) -> str:
    """A filter or a test is given an argument it doesn't take, or not the one it needs.

    Numbers are bounded, so that no prompt fills the memory: `indent` takes a width up to 40.

    Bad:

        {{ task | indent(5000) }}

    Good:

        {{ task | indent(4) }}
    """
    return _instead(what, instead)


@rule("CT509", "wrong-kind", "error")
def wrong_kind(who: str, wanted: str, what: str, kind: str, instead: str) -> str:
    """A value can't be used like this: a loop over a number, a list in capital letters.

    What a value is follows from the JSON Schema of the input, or from the filter that made it.

    Bad, with `inputs: {names: {type: array}}`:

        {{ inputs.names | upper }}

    Good:

        {{ inputs.names | join(", ") | upper }}
    """
    return _instead(f"{who} needs {wanted}, but {what} is {kind}", instead)


@rule("CT510", "may-be-wrong-kind", "warning")
def may_be_wrong_kind(who: str, wanted: str, what: str, kind: str) -> str:
    """A value fits only sometimes, since its schema allows several types.

    When it doesn't fit, the run ends before its first step. Ask first, or narrow the schema.

    Bad, with `inputs: {names: {type: [array, "null"]}}`:

        {% for name in inputs.names %}{{ name }}{% endfor %}

    Good:

        {% if inputs.names is not none %}
        {% for name in inputs.names %}{{ name }}{% endfor %}
        {% endif %}
    """
    return f"{who} needs {wanted}, but {what} may be {kind}; ask with `{{% if … is … %}}` first"


@rule("CT511", "missing-include", "error")
def missing_include(name: str, nearest: str | None) -> str:
    """A prompt includes a file that isn't there.

    The name is a path below `prompts/`, with the whole suffix. A file that ends in `.jinja` is
    rendered, any other is taken word for word.

    Bad:

        {% include "partials/rule.md" %}

    Good, with a file `prompts/partials/rules.md`:

        {% include "partials/rules.md" %}
    """
    return f"there is no file {quote('prompts/' + name)}" + (
        _meant(nearest) or "; create it, or include another"
    )


@rule("CT512", "bad-include", "error")
def bad_include(what: str, instead: str) -> str:
    """An `include` doesn't name one file below `prompts/`.

    What a prompt is made of is known before any run: the name is written out, no variable, and
    leads nowhere else, neither with `..` nor with `/` in front.

    Bad:

        {% include inputs.style ~ ".md" %}

    Good:

        {% if inputs.style == "short" %}{% include "partials/short.md" %}{% endif %}
    """
    return _instead(what, instead)


@rule("CT513", "include-cycle", "error")
def include_cycle(names: tuple[str, ...], limit: int) -> str:
    """Files include each other in a circle, or in too long a row.

    Rendering would never end. Take the shared part out into a file that both include.
    """
    row = " → ".join(names)
    if limit:
        return f"more than {limit} files include one another in a row: {row}"
    return f"the file includes itself: {row}"


@rule("CT514", "template-too-large", "error")
def template_too_large(what: str, instead: str) -> str:
    """A template is larger or nested deeper than a prompt needs to be.

    The limits: 262144 characters a file, 5000 parts with all that is included, 16 brackets or 12
    blocks one inside the other. They keep the cost of a foreign cartridge bounded.
    """
    return _instead(what, instead)


@rule("CT515", "braces-in-plain-prompt", "advice")
def braces_in_plain_prompt(word: str) -> str:
    """A prompt that is no template has what looks like an expression.

    `prompts/system.md` is taken word for word: the model reads the brackets. If a value is meant,
    rename the file to `system.md.jinja`; if the brackets are meant, leave it as it is.
    """
    return f"{quote(word)} stays as it is: only a file named `.md.jinja` is a template"
