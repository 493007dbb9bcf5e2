"""Every block of code in the documentation runs: as a program, as a configuration, at a terminal."""

import json
import re
import shutil
import sys

import pytest

from tests.command_line import tiercel
from tests.documentation import console
from tests.documentation.blocks import ROOT, all_blocks, blocks, pages
from tests.documentation.configurations import completed, secrets
from tests.documentation.place import prepared

BLOCKS = all_blocks()
# What a block at a terminal may run.
PROGRAMS = {"tiercel", "make", "curl", "echo", "grep"}


@pytest.fixture(scope="module")
def place(start_provider, tmp_path_factory):
    with prepared(tmp_path_factory.mktemp("documentation"), start_provider()) as place:
        yield place


# How a block of each language runs.


def run_python(place, block):
    place.run([sys.executable, "-c", place.here(block.text)])


def run_json(_, block):
    for part in [block.text] if block.language == "json" else block.text.splitlines():
        json.loads(part)


def run_toml(place, block):
    text = completed(block.text)
    path = place.folder / "piece.toml"
    path.write_text(text)
    ended = tiercel("check", path, folder=place.folder, environment=secrets(text))

    assert ended.returncode == 0, ended.stderr


def run_console(place, block):
    for command, said in console.commands(block.text):
        programs = console.programs(command)
        assert set(programs) <= PROGRAMS, f"nothing here runs {programs}: teach it to, or mark the block as not run"
        if missing := [name for name in programs if shutil.which(name, path=place.environment["PATH"]) is None]:
            pytest.skip(f"{missing} are not installed")
        if programs == ["make"]:
            # Which would be this test, too; so it is seen that there is such a command.
            place.run(["bash", "-c", command.replace("make", "make --dry-run", 1)], ROOT)
        elif re.search(r"\btiercel (serve|simulate)\b", command):
            serve(place, command)
        else:
            printed = place.run(["bash", "-o", "pipefail", "-c", place.here(command)])
            assert said is None or re.fullmatch(console.pattern(said), printed), printed


def serve(place, command):
    """What is started with no configuration named is started where there is none."""
    folder = place.folder / "empty"
    folder.mkdir(exist_ok=True)
    shutil.copy(place.folder / "tiercel.toml", folder / "named.toml")
    place.serve(command.replace("--config tiercel.toml", "--config named.toml"), folder)


def look_at(_, block):
    """A drawing, for people alone."""
    assert block.text.strip()


RUNNERS = {
    "python": run_python,
    "json": run_json,
    "jsonl": run_json,
    "toml": run_toml,
    "console": run_console,
    "text": look_at,
}


def run(place, block):
    assert block.language in RUNNERS, f"{block.name}: nothing runs `{block.language}`; there are {sorted(RUNNERS)}"
    RUNNERS[block.language](place, block)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_a_block_runs(place, block):
    if block.reason is not None:
        pytest.skip(block.reason)

    run(place, block)


def test_every_block_is_found():
    fences = sum(len(re.findall(r"^ *```", page.read_text("utf-8"), re.MULTILINE)) for page in pages())

    assert len(BLOCKS) * 2 == fences > 0


def test_few_blocks_are_not_run_and_each_says_why():
    reasons = [block.reason for block in BLOCKS if block.reason is not None]

    assert all(reasons)
    assert len(reasons) <= 3


# The tests of blocks can fail.


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a program that fails", "```python\nimport tiercel\ntiercel.nothing\n```\n"),
        ("a setting that there is not", "```toml\n[cache]\nmod = 1\n```\n"),
        ("a value that cannot be", '```toml\n[[routes.auto.rules]]\nuse = "nowhere"\n```\n'),
        ("no JSON", "```json\n{,}\n```\n"),
        ("a command that there is not", "```console\n$ tiercel nothing\n```\n"),
        ("a target that there is not", "```console\nmake nothing\n```\n"),
        ("another output", "```console\n$ tiercel version\nanother thing\n```\n"),
        ("a program that is not known", "```console\n$ docker run tiercel\n```\n"),
        ("a language that is not known", "```perl\nprint 1\n```\n"),
        ("no language", "```\nmake\n```\n"),
        ("a server that does not start", "```console\n$ tiercel serve --nothing\n```\n"),
    ],
)
def test_a_block_that_is_wrong_is_found(place, name, text):
    [block] = blocks(text, "page")

    with pytest.raises((AssertionError, ValueError)):
        pytest.fail(f"{name}: {run(place, block)}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("make test    # all\nmake\n", [("make test    # all", None), ("make", None)]),
        ("$ one\nsaid\n\nmore\n$ two\n", [("one", "said\n\nmore"), ("two", None)]),
        ("$ one \\\n    two\nsaid\n", [("one \\\n    two", "said")]),
    ],
)
def test_commands_are_told_from_what_they_print(text, expected):
    assert console.commands(text) == expected


@pytest.mark.parametrize(
    ("said", "printed", "expected"),
    [
        ("tier 12 $0.3", "tier 1,345   $10.25\n", True),
        ("tier 12", "tier none", False),
        ("one ... two", "one two three\nfour two", True),
        ("id=4b1f0c52a9d3e871", "id=0000000000000001", True),
        ("a.c", "abc", False),
    ],
)
def test_figures_may_differ_and_words_may_not(said, printed, expected):
    assert bool(re.fullmatch(console.pattern(said), printed)) == expected
