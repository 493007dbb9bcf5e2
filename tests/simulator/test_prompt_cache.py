"""Which beginnings of prompts are read from the cache, and which are written to it."""

from dataclasses import replace

import pytest

from tests.simulator.asking import answers, put, said, simulate, words
from tests.simulator.speakers import Question
from tiercel.simulator import prompt_cache
from tiercel.simulator.ask import Ask, Block, Tool, Turn
from tiercel.simulator.prompt_cache import PromptCache, Usage, prefixes

LONG = "word " * 10


def use(cache, *blocks, marks=True, tools=(), model="small"):
    """What one prompt uses; a block is its text, or text and mark. Each turn has 4 tokens beside its text's."""
    turns = [Turn("user", [Block(*(block if isinstance(block, tuple) else (block,)))]) for block in blocks]
    return cache.use(prefixes(Ask(fields={}, model=model, turns=turns, tools=tools), words), marks=marks)


def marked(text, lifetime="5m"):
    return text, None, lifetime


# Three tokens prime the reply.
@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ([["a b"]], Usage(9)),
        ([[marked("a b")]], Usage(9, 0, 6)),
        ([[marked("a b")], [marked("a b")]], Usage(9, 6)),
        ([[marked("a b")], [marked("a c")]], Usage(9, 0, 6)),
        ([[marked("a b")], ["a b", "c"]], Usage(14)),
        ([[marked("a b")], ["a b", marked("c")]], Usage(14, 6, 5)),
        ([[marked("a b")], ["a b", marked("c"), "d"]], Usage(19, 6, 5)),
        ([[marked("a b", "1h"), marked("c")]], Usage(14, 0, 5, 6)),
        ([[marked("a b", "1h"), marked("c")], [marked("a b", "1h"), marked("d")]], Usage(14, 6, 5)),
        ([["a", marked("b c")], [marked("a"), "b c"]], Usage(14, 0, 5)),
    ],
    ids=[
        "nothing marked",
        "written",
        "read",
        "another text",
        "read only where something is marked",
        "read, and what follows written",
        "what follows the last mark is fresh",
        "two lifetimes",
        "read up to the first difference",
        "kept only where it was marked",
    ],
)
def test_what_is_marked_is_written_once_and_then_read(prompts, expected):
    cache = PromptCache(0)
    for prompt in prompts:
        used = use(cache, *prompt)

    assert used == expected
    assert used.fresh + used.read + used.written == used.prompt


@pytest.mark.parametrize(
    ("prompts", "expected"),
    [
        ([["a b"], ["a b"]], Usage(9)),
        ([[LONG], [LONG]], Usage(17, 14)),
        ([[LONG, "a"], [LONG, "b"]], Usage(22, 14)),
        ([["a", LONG], ["b", LONG]], Usage(22)),
    ],
    ids=["too short", "read", "up to the first difference", "another beginning"],
)
def test_long_beginnings_are_read_without_marks(prompts, expected):
    cache = PromptCache(10)
    for prompt in prompts:
        used = use(cache, *prompt, marks=False)

    assert used == expected


def test_tools_come_first_and_models_have_their_own_cache():
    cache, tool = PromptCache(0), Tool("get", mark="5m")
    first, second = (use(cache, "a", tools=[tool]) for _ in range(2))

    assert (first.written, second.read) == (1, 1)
    assert use(cache, "a", tools=[replace(tool, description="Gets.")]).read == 0
    assert use(cache, "a", tools=[tool], model="large").read == 0


def test_the_cache_is_bounded(monkeypatch):
    monkeypatch.setattr(prompt_cache, "_MAX_KEPT", 2)
    cache = PromptCache(0)
    for text in "abc":
        use(cache, marked(text))

    assert [use(cache, marked(text)).read for text in "ca"] == [5, 0]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", ["openai", "responses", "gemini", "cohere"])
def test_answers_tell_what_was_read_unmarked(dialect, stream):
    asked = Question(system=LONG, stream=stream)
    first, second = answers(dialect, asked, asked, cache_from=10)

    assert (first.usage[1], second.usage[1]) == (0, 14 + 8)
    assert first.usage[0] == second.usage[0]


ANTHROPIC = {"system": [{"type": "text", "text": LONG, "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}
TOP_LEVEL = {"system": LONG, "cache_control": {"type": "ephemeral"}}
POINT = {"cachePoint": {"type": "default"}}
IN_MESSAGE = {"messages": [{"role": "user", "content": [{"text": LONG}, POINT, {"text": "a"}]}]}
SPEC = {"toolSpec": {"name": "get", "description": LONG, "inputSchema": {"json": {}}}}
BEDROCK = {"system": [{"text": LONG}, {"cachePoint": {"type": "default", "ttl": "1h"}}]}


@pytest.mark.parametrize(
    ("dialect", "fields", "written"),
    [
        ("anthropic", ANTHROPIC, (14, 14)),
        ("anthropic", TOP_LEVEL, (22, 0)),
        ("bedrock", BEDROCK, (14, 14)),
        ("bedrock", IN_MESSAGE, (14, 0)),
        ("bedrock", {"toolConfig": {"tools": [SPEC, POINT]}}, (11, 0)),
    ],
    ids=[
        "anthropic",
        "anthropic, the whole prompt",
        "bedrock",
        "bedrock, within a message",
        "bedrock, after the tools",
    ],
)
def test_answers_tell_what_was_written_and_read(dialect, fields, written):

    async def check(simulator, _):
        used = [said(dialect, Question(), await put(simulator, dialect, Question(), fields=fields)).usage for _ in "12"]
        return used, list(simulator.journal.entries)

    (first, second), entries = simulate(check)
    assert (first[1:3], second[1:3]) == ((0, written[0]), (written[0], 0))
    assert first[0] == second[0] == entries[0].prompt_tokens
    assert (entries[0].cache_write_tokens, entries[0].cache_write_1h_tokens) == written
    assert entries[1].cache_read_tokens == written[0]
