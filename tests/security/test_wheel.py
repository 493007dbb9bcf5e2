"""What people install: the files of the wheel, what importing it does to their machine, and that it serves alone.

A wheel is needed: one that `TIERCEL_WHEEL` names, as `make wheel` does, or with `TIERCEL_TEST_WHEEL=1` one that is
built for this, as in CI. Without either, what needs one is skipped.
"""

import base64
import csv
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.gateways import START_SECONDS, Gateway
from tests.test_repository import files

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "python"
LISTED = Path(__file__).with_name("wheel.txt")
COMPILED = "tiercel/_core.abi3.so"
# 38.1 MB in November 2026: 24.7 are tables for counting tokens, 7.1 the embedder. Wanted were 30.
MAX_BYTES = 40_000_000
STOP_SECONDS = 30

# Prints what an import does beyond reading and computing. The core's own code is Rust, which no hook sees: there,
# `tests/test_repository.py` holds that only the binding, and what benchmarks measure with, can do anything.
AUDIT = """
import importlib, os, sys
writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
changing = ("socket.", "subprocess.", "urllib.", "http.", "ftplib.", "smtplib.", "shutil.", "tempfile.", "webbrowser.")
system = {"os." + name for name in (
    "system", "exec", "fork", "forkpty", "posix_spawn", "spawn", "startfile", "mkdir", "remove", "rename", "rmdir",
    "link", "symlink", "truncate", "chmod", "chown", "utime", "setxattr", "putenv", "unsetenv", "kill")}
def hook(event, arguments):
    if event.startswith(changing) or event in system or (event == "open" and is_write(*arguments)):
        print(event, arguments, file=sys.__stdout__)
def is_write(path, mode, flags):
    return bool(set(mode or "") & set("wax+")) or bool((flags or 0) & writing)
sys.addaudithook(hook)
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


@pytest.mark.parametrize("module", ["tiercel", "tiercel.app", "tiercel.cli", "tiercel.simulator", "tiercel.worker"])
def test_an_import_neither_writes_nor_connects_nor_starts_anything(tmp_path, module):
    command = [sys.executable, "-B", "-c", AUDIT, module]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    if named := os.environ.get("TIERCEL_WHEEL"):
        return Path(named)
    if os.environ.get("TIERCEL_TEST_WHEEL") != "1":
        pytest.skip("building a wheel takes minutes: set TIERCEL_TEST_WHEEL=1, or have TIERCEL_WHEEL name one")
    folder = tmp_path_factory.mktemp("wheel")
    # The profile changes what is in the library, not which files there are; with this one, most of it is built already.
    profile = ["--config-setting", "build-args=--profile dev"]
    subprocess.run(["uv", "build", "--wheel", "--out-dir", folder, *profile], cwd=ROOT, check=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def wheel(path):
    with zipfile.ZipFile(path) as opened:
        yield opened


def packaged():
    """What of the repository is to be in the wheel, and the library that is built of the rest."""
    return {COMPILED} | {str(path.relative_to(PACKAGE)) for path in files() if path.is_relative_to(PACKAGE)}


def test_what_ships_was_read_by_somebody(request):
    """A file that is new in the package is to be seen in the diff of the list: `make bless` writes it."""
    listed = "".join(f"{name}\n" for name in sorted(packaged()))
    if request.config.getoption("bless"):
        LISTED.write_text(listed)

    assert LISTED.read_text() == listed


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert held == set(LISTED.read_text().split())
    assert not [name for name in wheel.namelist() if name.endswith((".pth", ".start")) or "sitecustomize" in name]
    assert all((PACKAGE / name).read_bytes() == wheel.read(name) for name in held - {COMPILED})


def test_a_released_wheel_is_small(path):
    if "TIERCEL_WHEEL" not in os.environ:
        pytest.skip("a library that was not built for release has another size")
    size = path.stat().st_size

    assert size <= MAX_BYTES, f"{size / 1e6:.1f} MB; at most {MAX_BYTES / 1e6:.0f} are to be downloaded"


def test_the_wheel_s_own_list_of_files_is_complete_and_true(wheel):
    [record] = [name for name in wheel.namelist() if name.endswith(".dist-info/RECORD")]
    listed = {name: value for name, value, _ in csv.reader(wheel.read(record).decode().splitlines())}

    assert set(listed) == {name for name in wheel.namelist() if not name.endswith("/")}
    for name, value in listed.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(wheel.read(name)).digest()).decode().rstrip("=")
        assert value == ("" if name == record else f"sha256={digest}"), name


def test_the_wheel_adds_few_files_that_describe_it(wheel):
    described = {name.partition(".dist-info/")[2] for name in wheel.namelist() if ".dist-info/" in name}

    assert {name for name in described if not name.startswith("sboms/")} == {
        "METADATA",
        "RECORD",
        "WHEEL",
        "entry_points.txt",
        "licenses/LICENSE",
    }


def test_the_wheel_depends_on_what_the_project_says(wheel):
    [metadata] = [name for name in wheel.namelist() if name.endswith(".dist-info/METADATA")]
    # What is only for training has a mark behind it.
    named = re.findall(r"^Requires-Dist: ([\w-]+)(?!.*; extra ==)", wheel.read(metadata).decode(), re.MULTILINE)

    assert sorted(named) == ["granian", "httptools", "orjson", "rich", "typer", "uvloop"]


def test_the_wheel_serves_where_nothing_else_is_installed(path, tmp_path, eventually):
    environment = tmp_path / "environment"
    # No compiler is found, and nothing that would need one is taken.
    alone = {name: value for name, value in os.environ.items() if not name.endswith(("_API_KEY", "PYTHONPATH"))}
    alone |= {"PATH": str(tmp_path), "VIRTUAL_ENV": str(environment)}
    uv = shutil.which("uv")
    assert uv is not None
    for command in (
        ["venv", "--no-config", "--python", sys.executable, environment],
        ["pip", "install", "--no-config", "--quiet", "--only-binary", ":all:", path],
    ):
        subprocess.run([uv, *command], cwd=tmp_path, env=alone, check=True)

    with (tmp_path / "output").open("wb") as output:
        process = subprocess.Popen(
            [environment / "bin" / "tiercel", "serve", "--port", "0"],
            cwd=tmp_path,
            env=alone,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    gateway = Gateway(process, "asgi", tmp_path)
    try:
        port = eventually(lambda: process.poll() is not None or gateway.announced_port(), START_SECONDS)
        assert process.returncode is None, gateway.output()
        gateway.listens_on(port)
        answer = gateway.chat(key=None, model="cheap")
        # Ctrl-C.
        process.send_signal(signal.SIGINT)

        assert answer.status_code == 200, answer.text
        assert answer.json()["choices"][0]["message"]["content"]
        assert process.wait(STOP_SECONDS) == 0, gateway.output()
        assert "Traceback" not in gateway.output()
    finally:
        gateway.kill()
