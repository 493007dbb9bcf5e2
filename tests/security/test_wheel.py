"""What people install: the files of the wheel, and what importing it does to their machine."""

import base64
import csv
import hashlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Prints what an import does beyond reading and computing. The core's own code is Rust, which no hook sees: there,
# `tests/test_repository.py` holds that only the binding can do anything.
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
def wheel(tmp_path_factory):
    """The wheel in `dist`, or one that is built for this."""
    built = sorted((ROOT / "dist").glob("*.whl"))
    if os.environ.get("TIERCEL_TEST_WHEEL") == "1":
        folder = tmp_path_factory.mktemp("wheel")
        # The profile changes what is in the library, not which files there are.
        profile = ["--config-setting", "build-args=--profile dev"]
        subprocess.run(["uv", "build", "--wheel", "--out-dir", folder, *profile], cwd=ROOT, check=True)
        built = list(folder.glob("*.whl"))
    if not built:
        pytest.skip("building a wheel takes minutes: set TIERCEL_TEST_WHEEL=1, or leave one in dist/")
    with zipfile.ZipFile(built[-1]) as opened:
        yield opened


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    package = ROOT / "python"
    ours = {
        str(path.relative_to(package))
        for path in (package / "tiercel").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert held == ours
    assert not [name for name in wheel.namelist() if name.endswith((".pth", ".start")) or "sitecustomize" in name]
    assert all((package / name).read_bytes() == wheel.read(name) for name in held if not name.endswith(".so"))


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
    named = re.findall(r"^Requires-Dist: ([\w-]+)", wheel.read(metadata).decode(), re.MULTILINE)

    assert sorted(named) == ["granian", "httptools", "orjson", "rich", "typer", "uvloop"]
