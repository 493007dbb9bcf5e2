"""The reference of headers names those of the code, and no other."""

import re

from tests.documentation.blocks import ROOT

NAME = r"x-tiercel-[a-z-]*[a-z]"
SOURCES = sorted({*ROOT.glob("rust/*/src/**/*.rs"), *ROOT.glob("python/tiercel/**/*.py")})


def named(pattern):
    return {name for source in SOURCES for name in re.findall(pattern, source.read_text("utf-8"))}


def listed():
    """What the two tables of the reference list: what clients may send, and what answers say."""
    _, sent, said = re.split(r"^## .*$", (ROOT / "docs/reference/headers.md").read_text("utf-8"), flags=re.MULTILINE)
    return [set(re.findall(rf"^\| `({NAME})`", table, re.MULTILINE)) for table in (sent, said)]


def test_the_code_has_the_headers_of_the_reference_and_no_other():
    # In quotes, since comments speak of `x-tiercel-*`, too.
    assert named(rf'"({NAME})\b') == set.union(*listed())


def test_what_is_read_and_what_is_written_stands_in_its_table():
    sent, said = listed()

    assert named(rf'(?:b|HOP_HEADER: &str = )"({NAME})"(?: =>|;)') == sent
    assert named(rf'push\("({NAME})"') == said
