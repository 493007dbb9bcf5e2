"""What `import tiercel` has is documented, with examples that run before a simulated provider."""

import ast
import doctest
import inspect
import re

import pytest

import tiercel
from tests.documentation.blocks import ROOT
from tests.documentation.configurations import simulated
from tiercel import _core

NAMES = sorted(set(tiercel.__all__) - {"__version__"})


def stub():
    """The definitions of the core's stub, which hold its documentation."""
    tree = ast.parse((ROOT / "python/tiercel/_core.pyi").read_text("utf-8"))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)}


def docstrings(name):
    """The docstrings of a public name and its public members, by their names."""
    value = getattr(tiercel, name)
    if value is getattr(_core, name, None):
        node = stub()[name]
        methods = [it for it in node.body if isinstance(it, ast.FunctionDef)]
        return {name: ast.get_docstring(node)} | {f"{name}.{it.name}": ast.get_docstring(it) for it in methods}
    members = vars(value) if isinstance(value, type) else {}
    public = {it: member for it, member in members.items() if not it.startswith("_") and is_documented(member)}
    return {name: inspect.getdoc(value)} | {f"{name}.{it}": inspect.getdoc(member) for it, member in public.items()}


def is_documented(member):
    return inspect.isroutine(member) or isinstance(member, property)


@pytest.fixture
def folder(shared_providers, tmp_path, monkeypatch):
    """Where examples run: a folder with a configuration in front of the simulator."""
    (tmp_path / "tiercel.toml").write_text(simulated(shared_providers[0].base_url))
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", NAMES)
def test_examples_run_and_give_what_they_say(name):
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    said: list[str] = []
    for member, text in docstrings(name).items():
        example = doctest.DocTestParser().get_doctest(text, {}, member, None, None)
        runner.run(example, out=said.append)

    assert runner.tries > 0, f"{name} has no example"
    assert not runner.failures, "".join(said)


@pytest.mark.parametrize("name", NAMES)
def test_everything_public_is_documented(name):
    undocumented = [member for member, text in docstrings(name).items() if not text]

    assert not undocumented


def test_the_reference_has_every_public_name():
    page = (ROOT / "docs/reference/python.md").read_text("utf-8")

    assert sorted(re.findall(r"^::: tiercel\.([A-Z]\w+|[a-z]+(?:_[a-z]+)?)$", page, re.MULTILINE)) == NAMES
