"""What the site has beside the pages of `docs`: files from elsewhere in the repository, and what is made from the code.

A page asks for the latter by a line of its own, `<!-- made: metrics -->`, which is invisible where the page is read as
a file. Links are written for files, too, and made to lead to where a file is in the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

from reference import commands, configuration, errors, examples, metrics

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
# Files that are not in `docs`, and where they are in the site.
FILES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "LICENSE": "LICENSE.txt",
    "benches/README.md": "measured.md",
}
MAKERS = {
    "commands": commands.page,
    "configuration": configuration.page,
    "errors": errors.page,
    "examples": examples.page,
    "metrics": metrics.page,
}

# A folder has no page of its own.
_PLACES = FILES | {"examples": "reference/examples.md"}
_PATHS = {place: path for path, place in FILES.items()}
_MADE = re.compile(r"^<!-- made: (\w+) -->$", re.MULTILINE)
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)\s#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the files that are not in `docs`."""
    for path, place in FILES.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Put in what is made, and have links lead to pages of the site."""
    place = page.file.src_uri
    path = _PATHS.get(place, f"docs/{place}")
    linked = _LINK.sub(lambda link: _target(path, place, link[1]), markdown)
    return _MADE.sub(lambda line: _made(path, line[1]), linked)


def _target(path: str, place: str, link: str) -> str:
    """What leads from the page at `place` to where the file at `path` links to."""
    file = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
    target = _PLACES.get(file) or file.removeprefix("docs/")
    return posixpath.relpath(target, posixpath.dirname(place) or ".")


def _made(path: str, name: str) -> str:
    if name not in MAKERS:
        raise PluginError(f"{path}: nothing makes `{name}`; there are {', '.join(MAKERS)}")
    return MAKERS[name](ROOT)
