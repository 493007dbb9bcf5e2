"""The site builds with warnings as errors, its links lead somewhere, and what it references is what the code has."""

import importlib.util
import json
import os
import posixpath
import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest

from tests.documentation.blocks import ROOT
from tiercel import _core
from tiercel.cli import app

pytestmark = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("mkdocs", "material", "mkdocstrings")),
    reason="the group `docs` is not installed: uv sync --group docs",
)


class Page(HTMLParser):
    """What a page links to, what it loads, which places in it can be linked to, and its text."""

    def __init__(self, html):
        super().__init__()
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.places: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        named = {name: value or "" for name, value in attrs}
        self.places.update(named[name] for name in ("id", "name") if name in named)
        if tag == "a" and "href" in named:
            self.links.append(named["href"])
        if "src" in named:
            self.loaded.append(named["src"])
        if tag == "link" and named.get("rel") not in {"next", "prev", "canonical"}:
            self.loaded.append(named["href"])

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The pages of the site, by their paths in it."""
    site = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", site],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    files = {path.relative_to(site).as_posix(): path for path in site.rglob("*") if path.is_file()}
    return {name: Page(path.read_text("utf-8")) if path.suffix == ".html" else None for name, path in files.items()}


def target(page, link):
    """The file that a link on a page leads to, and the place in it."""
    parts = urlsplit(link)
    path = posixpath.normpath(posixpath.join(posixpath.dirname(page), unquote(parts.path))) if parts.path else page
    if parts.path.endswith(("/", ".")) or path == ".":
        path = posixpath.normpath(posixpath.join(path, "index.html"))
    return path, unquote(parts.fragment)


def test_every_link_inside_leads_somewhere(pages):
    broken = []
    for name, page in pages.items():
        # The page for what is not found may be shown at any path, so its links begin at the root.
        if page is None or name == "404.html":
            continue
        for link in [*page.links, *page.loaded]:
            if urlsplit(link).scheme in {"http", "https", "data"}:
                continue
            path, place = target(name, link)
            if path not in pages or (place and pages[path] is not None and place not in pages[path].places):
                broken.append(f"{name}: {link}")

    assert not broken


def test_nothing_is_loaded_from_elsewhere(pages):
    loaded = {link for page in pages.values() if page is not None for link in page.loaded}

    assert loaded
    assert not [link for link in loaded if urlsplit(link).scheme not in {"", "data"} or link.startswith("//")]


def test_every_page_can_be_found_from_the_first(pages):
    found, next_ones = set(), {"index.html"}
    while next_ones:
        found |= next_ones
        linked = {target(name, link)[0] for name in next_ones for link in pages[name].links if "://" not in link}
        next_ones = {path for path in linked if pages.get(path) is not None} - found

    assert {name for name, page in pages.items() if page is not None} - {"404.html"} == found


def test_the_metrics_are_those_that_a_gateway_shows(pages):
    golden = (ROOT / "rust/core/tests/golden/metrics.txt").read_text("utf-8")
    text = pages["reference/metrics/index.html"].text
    told = re.findall(r"^# HELP (\w+) (.*)$", golden, re.MULTILINE)

    assert told
    assert [name for name, meaning in told if name not in text or meaning not in text] == []


def test_every_setting_command_and_error_is_in_its_reference(pages):
    schema = json.loads(_core.schema())
    settings = {name for table in (schema, *schema["$defs"].values()) for name in table.get("properties", ())}
    commands = {command.callback.__name__ for command in app.registered_commands if command.callback}
    groups = {group.name for group in app.registered_groups if group.name}
    codes = {code for code, _, _ in _core.error_kinds()}

    for page, names in (("configuration", settings), ("commands", commands | groups), ("errors", codes)):
        text = pages[f"reference/{page}/index.html"].text
        assert names
        assert [name for name in names if not re.search(rf"\b{name}\b", text)] == [], page
