"""`index.html` in a real browser: nothing of a package runs, and the search works."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import Browser, chromium
from loopback import serving
from made_packages import archive

from looplet.compiler.cli import main
from looplet.compiler.index.listing import Listed, Release
from looplet.compiler.index.page import page

HOSTILE = [
    "<script>document.title = 'run'</script>",
    "<img src=x onerror=\"document.title='run'\">",
    "</code></pre></article></main><script>document.title='run'</script>",
    "<svg/onload=document.title='run'>",
    "\"'><iframe srcdoc='<script>top.document.title=1</script>'>",
    "--></style></script><script>document.title='run'</script>",
    "<a href=\"javascript:document.title='run'\">a link</a>",
    "<base href=//example.org/><form action=//example.org><input>",
    "<meta http-equiv=refresh content='0;url=data:text/html,run'>",
    "&lt;script&gt; is &amp; stays &quot;text&quot; &#x3c;",
    "<style>*{display:none}</style><link rel=stylesheet href=//example.org/x.css>",
    "{{7*7}} ${7*7} `x` \u202egnirts\u2066 \x00\x1b[2J \ud800",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def release(description: str = "", version: str = "1.0.0", **more: object) -> Release:
    file = Listed(f"x-{version}.cartridge", 1234, "0" * 64)
    return Release(version, "1" * 64, "2" * 64, (file,), description, **more)  # type: ignore[arg-type]


@pytest.fixture
def site(dist: Path, source: Path) -> Path:
    for name, about in (
        ("git_detective", "Finds where the risk in a git repository is."),
        ("hello", "Greets people, and cannot stop before it has greeted someone."),
        ("librarian", "Looks things up in the folder it is given."),
    ):
        for version in ("0.9.0", "1.0.0") if name == "hello" else ("1.0.0",):
            known = {"capabilities": ["files"]} if name == "librarian" else {}
            archive(dist, source / name, name, version, description=about, **known)
    assert main(["index", str(dist)]) == 0
    return dist


# ── as a person has it ────────────────────────────────────────────────────────────────────────────


def shown(found: object) -> str:
    return f"[...document.querySelectorAll('article')].filter(e => !e.hidden).map(e => e.{found})"


NAMES = shown("querySelector('h2').firstChild.data.trim()")


@pytest.mark.parametrize("how", ["http", "file"])
def test_it_loads_without_a_complaint_and_asks_for_nothing(
    browser: Browser, site: Path, how: str
) -> None:
    with serving(site) as server, browser.page() as page:
        page.open(server.url + "/" if how == "http" else (site / "index.html").as_uri())
        assert page.run("document.title") == "Cartridges"
        assert page.run("document.compatMode") == "CSS1Compat"
        assert page.run(NAMES) == ["git_detective", "hello", "librarian"]
        assert page.run("document.querySelector('#search').hidden") is False
        assert page.run("getComputedStyle(document.body).maxWidth") != "none"
        assert page.console == []
        if how == "http":
            assert server.paths == ["/"]


def test_the_search_shows_what_has_every_word(browser: Browser, site: Path) -> None:
    with browser.page() as page:
        page.open((site / "index.html").as_uri())
        for words, names, count in [
            ("hello", ["hello"], "1 of 3"),
            ("RISK git", ["git_detective"], "1 of 3"),
            ("the", ["git_detective", "librarian"], None),
            ("nowhere", [], "0 of 3"),
            ("", ["git_detective", "hello", "librarian"], ""),
        ]:
            page.type("#words", words)
            found = page.run(NAMES)
            assert set(names) <= set(found) if count is None else found == names, words
            if count is not None:
                assert page.run("document.querySelector('#count').textContent") == count
            nothing = page.run("document.querySelector('#nothing').hidden")
            assert nothing == (words != "nowhere")
        assert page.console == []


def test_without_scripts_everything_is_there_but_the_search(browser: Browser, site: Path) -> None:
    with browser.page(scripts=False) as page:
        page.open((site / "index.html").as_uri())
        assert page.run(NAMES) == ["git_detective", "hello", "librarian"]
        assert page.run("document.querySelector('#search').hidden") is True
        page.run("document.querySelector('summary').click()")
        text = page.run("document.querySelector('article').innerText")
        assert re.search(r"Tree digest\s+[0-9a-f]{64}", text)


def test_a_file_can_be_downloaded_from_it(browser: Browser, site: Path) -> None:
    with serving(site) as server, browser.page() as page:
        page.open(server.url + "/")
        links = page.run("[...document.querySelectorAll('a')].map(a => a.href)")
        assert f"{server.url}/hello-0.9.0.cartridge" in links
        assert len(links) == 4


@pytest.mark.parametrize("width", [320, 390, 1000])
def test_it_fits_on_a_phone(browser: Browser, site: Path, width: int) -> None:
    with browser.page(width=width) as page:
        page.open((site / "index.html").as_uri())
        page.run("document.querySelectorAll('details').forEach(e => e.open = true)")
        assert page.run("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True])
def test_its_colours_can_be_read(browser: Browser, site: Path, dark: bool) -> None:
    with browser.page(dark=dark) as page:
        page.open((site / "index.html").as_uri())
        page.run("document.querySelectorAll('details').forEach(e => e.open = true)")
        back = colour(page.run("getComputedStyle(document.body).backgroundColor"))
        assert (sum(back) < 200) == dark
        worst = page.run("""(() => {
            const found = [];
            for (const e of document.querySelectorAll('body *')) {
                if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
                let under = e;
                const clear = c => c === 'rgba(0, 0, 0, 0)';
                while (under && clear(getComputedStyle(under).backgroundColor))
                    under = under.parentElement;
                found.push([getComputedStyle(e).color, getComputedStyle(under).backgroundColor,
                    e.tagName]);
            }
            return found;
        })()""")
        assert worst
        for text, under, tag in worst:
            if tag not in ("SCRIPT", "STYLE"):
                assert contrast(colour(text), colour(under)) >= 4.5, (tag, text, under)


def colour(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", text)[:3]))


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """As the accessibility guidelines (WCAG 2) compute it."""

    def light(rgb: tuple[int, ...]) -> float:
        parts = [value / 255 for value in rgb]
        lit = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return 0.2126 * lit[0] + 0.7152 * lit[1] + 0.0722 * lit[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_it_can_be_used_without_a_mouse_and_without_eyes(browser: Browser, site: Path) -> None:
    with browser.page() as page:
        page.open((site / "index.html").as_uri())
        assert page.run("document.documentElement.lang") == "en"
        assert page.run("document.querySelectorAll('h1').length") == 1
        assert page.run("document.querySelector('#words').labels[0].textContent") == "Search"
        tree = page.call("Accessibility.getFullAXTree")["nodes"]
        roles = [node.get("role", {}).get("value") for node in tree if not node.get("ignored")]
        for role in ("main", "search", "searchbox", "status", "article", "heading", "link"):
            assert role in roles or role == "link", role
        nameless = [
            node
            for node in tree
            if node.get("role", {}).get("value") in ("link", "searchbox", "button")
            and not node.get("name", {}).get("value")
        ]
        assert nameless == []


# ── what a package says is text ───────────────────────────────────────────────────────────────────


def test_nothing_that_a_package_says_of_itself_runs(browser: Browser, tmp_path: Path) -> None:
    packages = {
        f"agent-{number}": (
            release(
                text,
                requires_python=text,
                declared=(text,),
                inferred=(text, "files"),
            ),
            release(text, "0.1"),
        )
        for number, text in enumerate(HOSTILE)
    }
    path = tmp_path / "index.html"
    path.write_bytes(page(packages))
    with browser.page() as opened:
        opened.open(path.as_uri())
        opened.run("document.querySelectorAll('details').forEach(e => e.open = true)")
        assert opened.run("document.title") == "Cartridges"
        assert opened.run("document.querySelectorAll('script').length") == 1
        assert opened.run("document.querySelectorAll('img, iframe, svg, base, form').length") == 0
        assert opened.run("document.querySelectorAll('meta').length") == 4
        assert opened.run("document.querySelectorAll('style').length") == 1
        assert opened.run("document.querySelectorAll('article').length") == len(HOSTILE)
        texts = opened.run(shown("querySelector('.description').textContent"))
        assert texts[:-1] == HOSTILE[:-1]
        assert texts[-1] == ("{{7*7}} ${7*7} `x` \\u202egnirts\\u2066 \\x00\\x1b[2J \\ud800")
        assert opened.console == []


def test_what_gets_into_the_page_all_the_same_does_not_run(
    browser: Browser, tmp_path: Path
) -> None:
    """The second line: were a text not escaped, the page's policy would still not let it run."""
    whole = page({"hello": (release("HERE"),)}).decode()
    path = tmp_path / "index.html"
    for hostile in HOSTILE[:6]:
        path.write_text(whole.replace("HERE", hostile), "utf-8")
        with browser.page() as opened:
            opened.open(path.as_uri())
            assert opened.run("document.title") == "Cartridges", hostile
            assert opened.console != [], hostile


def test_the_commands_can_be_pasted_into_a_shell(dist: Path, source: Path) -> None:
    wheel = Listed("hello-1!1.0+a.1-py3-none-any.whl", 10, "0" * 64)
    one = Release("1!1.0+a.1", "1" * 64, "2" * 64, (wheel,))
    text = page({"hello": (one,)}).decode()
    assert (
        "pip install &#x27;INDEX/hello-1%211.0%2Ba.1-py3-none-any.whl#sha256=" + "0" * 64
    ) in text


def test_the_page_is_the_same_for_the_same_packages(site: Path) -> None:
    first = (site / "index.html").read_bytes()
    (site / "index.html").unlink()
    assert main(["index", str(site)]) == 0
    assert (site / "index.html").read_bytes() == first
