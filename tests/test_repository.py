"""The invariants that can be read off the files: who depends on whom, what is absent, how long files are."""

import ast
import inspect
import re
import statistics
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

import tiercel
from tiercel import _core, cli, errors

ROOT = Path(__file__).parent.parent
PURE = ("core", "wire", "upstream", "semantic", "gateway")
COMMANDS = {
    "serve",
    "test",
    "check",
    "fmt",
    "lint",
    "types",
    "docs",
    "wheel",
    "bench",
    "drill",
    "soak",
    "bless",
    "clean",
}
DEPENDENCY_TABLES = ("dependencies", "dev-dependencies", "build-dependencies")


@cache
def files():
    """What is, or is about to be, in the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.is_file()]


def texts(*suffixes):
    """Path and text of every file with one of the suffixes; of every text file where none is given."""
    for path in files():
        if (not suffixes or path.suffix in suffixes) and path != Path(__file__) and b"\0" not in path.read_bytes():
            yield path.relative_to(ROOT), path.read_text()


def lines_with(pattern, found):
    """Where the pattern stands in files, as `path:line: text`."""
    return [
        f"{path}:{number}: {line.strip()}"
        for path, text in found
        for number, line in enumerate(text.splitlines(), 1)
        if re.search(pattern, line)
    ]


def manifests():
    return {path.parent.name: tomllib.loads(path.read_text()) for path in files() if path.name == "Cargo.toml"}


def dependencies(manifest, *tables):
    return {name for table in tables or DEPENDENCY_TABLES for name in manifest.get(table, {})}


# Who depends on whom.


def test_only_the_binding_knows_python():
    users = {name for name, manifest in manifests().items() if "pyo3" in dependencies(manifest)}

    assert users == {"py"}


@pytest.mark.parametrize(
    ("crate", "expected"),
    [
        ("core", set()),
        ("wire", set()),
        ("upstream", set()),
        ("semantic", set()),
        ("gateway", {"tiercel-core", "tiercel-wire", "tiercel-upstream", "tiercel-semantic"}),
    ],
)
def test_siblings_know_nothing_of_one_another_and_the_gateway_composes_them(crate, expected):
    known = {name for name in dependencies(manifests()[crate]) if name.startswith("tiercel-")}

    assert known == expected


@pytest.mark.parametrize("crate", PURE)
def test_a_pure_crate_depends_on_nothing_that_does_input_or_output(crate):
    impure = {"tokio", "mio", "async-std", "smol", "socket2", "hyper", "reqwest", "ureq", "libc", "nix"}
    random_or_clock = {"rand", "getrandom", "fastrand", "chrono", "time", "jiff"}

    assert not dependencies(manifests()[crate], "dependencies") & (impure | random_or_clock)


@pytest.mark.parametrize("crate", PURE)
def test_a_pure_crate_names_no_socket_file_clock_environment_or_randomness(crate):
    source = [(path, text) for path, text in texts(".rs") if path.is_relative_to(f"rust/{crate}/src")]
    modules = r"fs|env|process|thread|os"
    types = r"TcpStream|TcpListener|UdpSocket|ToSocketAddrs|UnixStream|Instant|SystemTime|RandomState"

    assert source
    assert not lines_with(rf"\bstd::({modules})\b|use std::\{{[^}}]*\b({modules})\b", source)
    assert not lines_with(rf"\b({types})\b|\btokio::|\brand::|\bgetrandom\b", source)


def test_every_crate_obeys_the_lints_of_the_workspace():
    # PyO3's macros expand to unsafe code, and a module of `semantic` is compiled for several processors: both have
    # a list of their own.
    own = {
        name for name, manifest in manifests().items() if "package" in manifest and "workspace" not in manifest["lints"]
    }

    # What a processor can do beside the language, and a file that others change: why each is sound is said there.
    written_by_hand = lines_with(r"\bunsafe\s*(\{|fn|impl)", texts(".rs"))

    assert own == {"py", "semantic"}
    files_with_unsafe = {line.split(":")[0] for line in written_by_hand}
    assert files_with_unsafe == {"rust/py/src/entries/environment.rs", "rust/semantic/src/simd.rs"}


def test_every_dependency_has_its_reason_beside_it():
    """A comment at the line's end, or above the run of lines that it stands over."""
    unexplained = []
    for path, text in texts(".toml"):
        if path.name not in ("Cargo.toml", "pyproject.toml"):
            continue
        is_dependency, is_explained = False, False
        for line in text.splitlines():
            if line.startswith("[") or re.match(r"(dependencies|dev|docs) = \[", line):
                table = line.strip("[]").split(".")[-1]
                is_dependency = table in DEPENDENCY_TABLES or line.endswith("= [")
                is_explained = False
            elif not line.strip():
                is_explained = False
            elif line.lstrip().startswith("#"):
                is_explained = True
            elif is_dependency and not is_explained and not re.search(r"^\]|\.workspace|path = | # ", line):
                unexplained.append(f"{path}: {line.strip()}")

    assert not unexplained


# How it reads.


def test_files_are_short():
    lengths = {str(path): text.count("\n") for path, text in texts(".rs", ".py") if "golden" not in path.parts}

    assert [f"{path}: {length}" for path, length in lengths.items() if length > 500] == []
    assert statistics.median(lengths.values()) <= 150
    assert statistics.quantiles(lengths.values(), n=10)[-1] <= 300


def test_nothing_is_unfinished():
    assert not lines_with(
        r"\b(TODO|FIXME|XXX|HACK)\b|\b(todo|unimplemented)!\(", texts(".rs", ".py", ".pyi", ".toml", ".md")
    )


def test_a_lint_is_expected_with_a_reason_and_never_allowed():
    assert not lines_with(r"#!?\[(cfg_attr\(.*)?allow\(", texts(".rs"))
    assert not lines_with(r"#!?\[expect\((?!.*reason = )[^\n]*\)\]", texts(".rs"))


def test_nothing_tells_of_the_machine_it_was_written_on():
    homes = r"(?<![\w./])/(root|home|work|Users|mnt|private)/\w"

    assert not lines_with(homes, texts())


def test_locked_packages_come_from_one_registry_each_with_hashes():
    cargo = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    python = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    crates = {package["source"] for package in cargo if "source" in package}
    packages = [package for package in python if package["name"] != "tiercel"]
    archives = [
        archive for package in packages for archive in (*package.get("wheels", ()), package.get("sdist")) if archive
    ]

    assert len(crates) == 1
    assert all("checksum" in package for package in cargo if "source" in package)
    assert len({package["source"]["registry"] for package in packages}) == 1
    assert all(archive["url"].startswith("https://") for archive in archives)
    assert all(archive["hash"].startswith("sha256:") for archive in archives)


def test_no_file_but_the_lock_names_a_package_index():
    assert not lines_with(r"index-url|extra-index|find-links|\[\[tool\.uv\.index|replace-with", texts())


# What is said twice is the same.


def test_the_version_is_written_once():
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    packages = [manifest["package"] for manifest in manifests().values() if "package" in manifest]

    assert packages
    assert all(package["version"] == {"workspace": True} for package in packages)
    assert project["dynamic"] == ["version"]
    assert tiercel.__version__ == _core.version() == workspace["package"]["version"]


def test_every_error_kind_has_one_exception_and_a_place_in_the_tree():
    codes = [code for code, _, _ in _core.error_kinds()]
    tree = {
        name
        for line in inspect.cleandoc(errors.__doc__ or "").splitlines()
        if line.lstrip().startswith("- ")
        for name in re.findall(r"\b(?:[A-Z][a-z]+){1,}\b", line)
    }
    classes = {name for name, value in vars(errors).items() if isinstance(value, type)}

    assert len(set(codes)) == len(codes)
    assert sorted(codes) == sorted(errors.BY_CODE)
    assert tree == classes
    assert all(kind.__doc__ for kind in errors.BY_CODE.values())


def test_the_stub_names_what_the_module_has():
    stub = ast.parse((ROOT / "python/tiercel/_core.pyi").read_text())
    declared = {node.name: node for node in stub.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}

    assert set(declared) == {name for name in dir(_core) if not name.startswith("__")}
    for name, node in declared.items():
        if isinstance(node, ast.ClassDef):
            members = {member.name for member in node.body if isinstance(member, ast.FunctionDef)}
            existing = {member for member in vars(getattr(_core, name)) if not member.startswith("__")}
            assert {member for member in members if not member.startswith("__")} == existing, name


def test_every_command_of_the_makefile_exists_and_says_what_it_does():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    assert targets >= COMMANDS
    assert set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE)) >= COMMANDS - {"lint", "types"}


def test_the_guides_name_only_commands_that_exist():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    commands = {command.callback.__name__ for command in cli.app.registered_commands if command.callback}
    commands |= {group.name for group in cli.app.registered_groups if group.name}
    for program, existing in (("make", targets), ("tiercel", commands)):
        quoted = rf"(?:^|`){program} ([a-z-]+)"
        named = {word for _, text in texts(".md") for word in re.findall(quoted, text, re.MULTILINE)}
        assert named <= existing
