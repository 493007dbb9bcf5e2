"""Every block of code in the documentation runs: as a program, as a configuration, at a terminal."""

import contextlib
import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests import gateways
from tests.command_line import ENVIRONMENT, PATIENCE, TIERCEL, tiercel
from tests.documentation import console
from tests.documentation.blocks import ROOT, all_blocks, blocks, pages
from tests.documentation.configurations import completed, secrets, simulated
from tiercel.training.natural import natural_prompts

BLOCKS = all_blocks()
# What a block at a terminal may run.
PROGRAMS = {"tiercel", "make", "curl", "echo", "grep"}


@dataclass
class Place:
    """Where blocks run: a folder with what a user has in it, and a gateway where one listens unless told otherwise."""

    folder: Path
    addresses: dict[str, str]
    environment: dict[str, str]

    def here(self, text):
        """The text with the addresses that are listened on here."""
        for address, listened_on in self.addresses.items():
            text = text.replace(address, listened_on)
        return text

    def run(self, command, folder=None):
        """Run a command to its end; what it printed."""
        ended = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout


@pytest.fixture(scope="module")
def place(start_provider, tmp_path_factory):
    provider = start_provider()
    folder = tmp_path_factory.mktemp("documentation")
    config = simulated(provider.base_url)
    (folder / "examples").symlink_to(ROOT / "examples")
    (folder / "bin").mkdir()
    program = folder / "bin/tiercel"
    program.write_text(f'#!/bin/sh\nexec {" ".join(TIERCEL)} "$@"\n')
    program.chmod(0o755)
    (folder / "pairs.jsonl").write_text("".join(f"{json.dumps(pair)}\n" for pair in PAIRS))
    write_prompts(folder / "data")
    with gateways.running(folder, config, "asgi") as gateway:
        (folder / "tiercel.toml").write_text(f"[server]\nport = {gateway.port}\n{config}")
        ask_for_some(gateway)
        at = f"127.0.0.1:{gateway.port}"
        addresses = {"localhost:8080": at, "127.0.0.1:8080": at, "127.0.0.1:8081": f"127.0.0.1:{provider.port}"}
        path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
        yield Place(folder, addresses, ENVIRONMENT | secrets("") | {"PATH": path, "HOME": str(folder)})


PAIRS = [
    {"question": f"How do I reset password {n}?", "other": f"password {n}, how to reset it", "is_same": n % 9 > 0}
    for n in range(90)
]


def write_prompts(folder):
    """Prompts to judge routing by, as `tiercel bench routing` reads them."""
    (folder / "tasks").mkdir(parents=True)
    kept = {"source": "autoj_train", "group": "autoj", "permissive": False}
    with gzip.open(folder / "tasks/prompts.jsonl.gz", "wt") as file:
        file.writelines(
            f"{json.dumps({'text': prompt.text, 'task': prompt.task, **kept})}\n" for prompt in natural_prompts()[::3]
        )


def ask_for_some(gateway):
    """Requests of every kind, so that there is a log to report on."""
    for number, prompt in enumerate(natural_prompts()[::12]):
        fields: Any = {"model": "auto", "messages": [{"role": "user", "content": prompt.text}]}
        headers = {"x-tiercel-tier": "premium"} if number % 20 == 0 else {}
        assert gateway.chat(headers=headers, **fields).status_code == 200


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
        if programs == ["make"]:
            # Which would be this test, too; so it is seen that there is such a command.
            place.run(["bash", "-c", command.replace("make", "make --dry-run", 1)], ROOT)
        elif re.search(r"\btiercel (serve|simulate)\b", command):
            serve(place, command)
        else:
            printed = place.run(["bash", "-o", "pipefail", "-c", place.here(command)])
            assert said is None or re.fullmatch(console.pattern(said), printed), printed


def serve(place, command):
    """Start what serves until it is told to stop, on a free port and where nothing is configured, and stop it."""
    folder = place.folder / "empty"
    folder.mkdir(exist_ok=True)
    shutil.copy(place.folder / "tiercel.toml", folder / "named.toml")
    command = command.partition("#")[0].replace("--config tiercel.toml", "--config named.toml")
    names = ENVIRONMENT | {"PATH": place.environment["PATH"]}
    with (folder / "output").open("w+") as output:
        process = subprocess.Popen(
            ["bash", "-c", f"exec env {command} --port 0"],
            cwd=folder,
            env=names,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        said = folder / "output"
        try:
            gateways.eventually(lambda: process.poll() is not None or "http://127.0.0.1:" in said.read_text(), PATIENCE)
            process.send_signal(signal.SIGTERM)
            process.wait(PATIENCE)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0, said.read_text()


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


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.name)
def test_a_block_runs(place, block):
    assert block.language in RUNNERS, f"{block.name}: nothing runs `{block.language}`; there are {sorted(RUNNERS)}"
    if block.reason is not None:
        pytest.skip(block.reason)

    RUNNERS[block.language](place, block)


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
        ("a server that does not start", "```console\n$ tiercel serve --nothing\n```\n"),
    ],
)
def test_a_block_that_is_wrong_is_found(place, name, text):
    [block] = blocks(text, "page")

    with pytest.raises((AssertionError, ValueError)):
        pytest.fail(f"{name}: {RUNNERS[block.language](place, block)}")


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
