"""What the dialects read, each in its own words, and what they refuse."""

import orjson
import pytest

from tests.simulator.asking import PARAMETERS, answered, exchange, post, put, said, simulate, words
from tests.simulator.speakers import Question
from tiercel.simulator.seal import seal

TWO = Question(text="Get weather and get time", tools={"get_weather": PARAMETERS, "get_time": PARAMETERS})
NEITHER = Question(tools=TWO.tools)


def calls(dialect, question, fields):
    async def check(simulator, _):
        return said(dialect, question, await put(simulator, dialect, question, fields=fields))

    return [name for _, name, _ in simulate(check).calls]


def gemini_mode(mode, *names):
    allowed = {"allowedFunctionNames": list(names)} if names else {}
    return {"tool_config": {"function_calling_config": {"mode": mode, **allowed}}}


def bedrock_choice(choice):
    specs = [{"name": name, "inputSchema": {"json": schema}} for name, schema in TWO.tools.items()]
    return {"toolConfig": {"tools": [{"toolSpec": spec} for spec in specs], "toolChoice": choice}}


@pytest.mark.parametrize(
    ("dialect", "question", "fields", "expected"),
    [
        ("openai", NEITHER, {}, []),
        ("openai", NEITHER, {"tool_choice": "required"}, ["get_weather"]),
        ("openai", NEITHER, {"tool_choice": {"type": "function", "function": {"name": "get_time"}}}, ["get_time"]),
        ("openai", TWO, {"tool_choice": "none"}, []),
        ("openai", TWO, {"parallel_tool_calls": False}, ["get_weather"]),
        ("responses", NEITHER, {"tool_choice": "required"}, ["get_weather"]),
        ("responses", NEITHER, {"tool_choice": {"type": "function", "name": "get_time"}}, ["get_time"]),
        ("responses", TWO, {"tool_choice": "none"}, []),
        ("responses", TWO, {"parallel_tool_calls": False}, ["get_weather"]),
        ("anthropic", NEITHER, {"tool_choice": {"type": "any"}}, ["get_weather"]),
        ("anthropic", NEITHER, {"tool_choice": {"type": "tool", "name": "get_time"}}, ["get_time"]),
        ("anthropic", TWO, {"tool_choice": {"type": "none"}}, []),
        ("anthropic", TWO, {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}, ["get_weather"]),
        ("gemini", NEITHER, gemini_mode("ANY"), ["get_weather"]),
        ("gemini", NEITHER, gemini_mode("ANY", "get_time"), ["get_time"]),
        ("gemini", TWO, gemini_mode("NONE"), []),
        ("bedrock", NEITHER, bedrock_choice({"any": {}}), ["get_weather"]),
        ("bedrock", NEITHER, bedrock_choice({"tool": {"name": "get_time"}}), ["get_time"]),
        ("bedrock", NEITHER, bedrock_choice({"auto": {}}), []),
        ("cohere", NEITHER, {"tool_choice": "REQUIRED"}, ["get_weather"]),
        ("cohere", TWO, {"tool_choice": "NONE"}, []),
    ],
)
def test_tools_are_called_as_the_choice_says(dialect, question, fields, expected):
    assert calls(dialect, question, fields) == expected


def user(*content):
    return {"messages": [{"role": "user", "content": list(content)}]}


def assistant(*content, asked):
    return {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": list(content)}]}


THOUGHT = "They ask about refunds."
THINKING = {"type": "thinking", "thinking": THOUGHT}
REASONING = {"type": "reasoning", "summary": [{"type": "summary_text", "text": THOUGHT}]}
FUNCTION_CALL = {"functionCall": {"name": "get", "args": {}}}


def thought(signature):
    return {"reasoningContent": {"reasoningText": {"text": THOUGHT, "signature": signature}}}


@pytest.mark.parametrize(
    ("dialect", "fields", "altered"),
    [
        (
            "anthropic",
            lambda proof: assistant({**THINKING, "signature": proof}, {"type": "text", "text": "Yes."}, asked="Why?"),
            "messages[1].content[0].signature",
        ),
        (
            "bedrock",
            lambda proof: assistant(thought(proof), {"text": "Yes."}, asked=[{"text": "Why?"}]),
            "messages[1].content[0].reasoningContent.reasoningText",
        ),
        (
            "responses",
            lambda proof: {"input": [{**REASONING, "encrypted_content": proof}, {"role": "user", "content": "Why?"}]},
            "input[0].encrypted_content",
        ),
    ],
)
def test_reasoning_comes_back_as_it_was_given_out_or_is_refused(dialect, fields, altered):
    async def check(simulator, _):
        return [await put(simulator, dialect, Question(), fields=fields(proof)) for proof in (seal(THOUGHT), "forged")]

    good, bad = simulate(check)
    assert (good.status, bad.status) == (200, 400)
    assert altered in bad.body.decode()


@pytest.mark.parametrize(
    ("signature", "status"),
    [(seal("get"), 200), (seal("get").replace("+", "-").replace("/", "_"), 200), ("c2tpcA==", 400)]
    + [(dummy, 200) for dummy in ("skip_thought_signature_validator", None)],
)
def test_a_call_that_gemini_signed_comes_back_signed_or_said_to_be_another_models(signature, status):
    parts = [{**FUNCTION_CALL, "thoughtSignature": signature}]
    contents = [{"role": "user", "parts": [{"text": "Get"}]}, {"role": "model", "parts": parts}]
    result = {"functionResponse": {"name": "get", "response": {"found": 1}}}

    async def check(simulator, _):
        fields = {"contents": [*contents, {"role": "user", "parts": [result]}]}
        return await put(simulator, "gemini", Question(), fields=fields)

    answer = simulate(check)
    assert answer.status == status
    assert status != 200 or said("gemini", Question(), answer).text.endswith('{"found":1}')


ENABLED = {"type": "enabled", "budget_tokens": 1024}


@pytest.mark.parametrize(
    ("dialect", "fields", "told"),
    [
        ("anthropic", {"max_tokens": None}, "max_tokens"),
        ("anthropic", {"messages": []}, "messages"),
        ("anthropic", user(), "messages[0].content"),
        ("anthropic", user({"type": "text", "text": ""}), "messages[0].content[0].text"),
        ("anthropic", user({"type": "image"}), "messages[0].content[0].source"),
        ("anthropic", user({"type": "video"}), "messages[0].content[0].type"),
        ("anthropic", user({"type": "text", "text": "a", "cache_control": {"type": "eternal"}}), "cache_control.type"),
        ("anthropic", {"temperature": 1.5}, "temperature"),
        ("anthropic", {"thinking": {"type": "enabled", "budget_tokens": 100}}, "thinking.budget_tokens"),
        ("anthropic", {"thinking": {"type": "enabled", "budget_tokens": 2000}}, "thinking.budget_tokens"),
        (
            "anthropic",
            {**assistant({"type": "tool_use", "id": "1", "name": "a", "input": {}}, asked="a"), "thinking": ENABLED},
            "must begin with what it thought",
        ),
        ("anthropic", {"tools": [{"name": "a", "input_schema": {}}]}, "tools[0].input_schema.type"),
        ("anthropic", {"tool_choice": {"type": "any"}}, "needs tools"),
        ("anthropic", {"output_config": {"format": {"type": "json"}}}, "output_config.format.type"),
        ("bedrock", {"messages": [{"role": "assistant", "content": [{"text": "a"}]}]}, "start with a user message"),
        ("bedrock", user({"text": " "}), "is blank"),
        ("bedrock", user({"nothing": 1}), "messages[0].content[0]"),
        ("bedrock", {"system": [{"cachePoint": {"type": "default"}}]}, "system[0]"),
        ("bedrock", {"inferenceConfig": {"temperature": 1.5}}, "temperature"),
        (
            "bedrock",
            assistant({"toolUse": {"toolUseId": "1", "name": "a", "input": {}}}, asked=[{"text": "a"}]),
            "toolConfig field must be defined",
        ),
        (
            "bedrock",
            {
                **assistant({"toolUse": {"toolUseId": "1", "name": "a", "input": {}}}, asked=[{"text": "a"}]),
                "toolConfig": {"tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": PARAMETERS}}}]},
                "additionalModelRequestFields": {"thinking": ENABLED},
            },
            "must begin with what it thought",
        ),
        ("gemini", {"contents": []}, "contents"),
        ("gemini", {"contents": [{"role": "assistant", "parts": [{"text": "a"}]}]}, "contents[0].role"),
        ("gemini", {"contents": [{"parts": [{"video": 1}]}]}, "contents[0].parts[0]"),
        ("gemini", {"generationConfig": {"responseSchema": PARAMETERS}}, "responseMimeType"),
        (
            "gemini",
            {"tools": [{"functionDeclarations": [{"name": "a", "parameters": {}, "parametersJsonSchema": {}}]}]},
            "exclude each other",
        ),
        ("responses", {"input": []}, "input"),
        ("responses", {"input": [REASONING]}, "nothing to answer"),
        ("responses", {"input": [{"type": "video"}]}, "input[0].type"),
        ("responses", {"input": [{"role": "user"}]}, "input[0].content"),
        ("responses", {"input": [{"role": "user", "content": [{"type": "text"}]}]}, "input[0].content[0].type"),
        ("responses", {"previous_response_id": "resp_1"}, "previous response"),
        ("responses", {"include": "all"}, "include"),
        ("responses", {"text": {"format": {"type": "json_schema", "schema": PARAMETERS}}}, "text.format"),
        ("cohere", {"messages": [{"role": "user"}]}, "messages[0].content"),
        ("cohere", {"messages": [{"role": "user", "content": [{"type": "video"}]}]}, "messages[0].content[0].type"),
        ("cohere", {"tool_choice": "auto"}, "tool_choice"),
        ("cohere", {"temperature": 1.5}, "temperature"),
        ("cohere", {"stop_sequences": list("abcdef")}, "stop_sequences"),
    ],
)
def test_bad_bodies_are_refused_by_the_name_of_the_field(dialect, fields, told):
    async def check(simulator, _):
        return await put(simulator, dialect, Question(), fields=fields)

    answer = simulate(check)
    assert answer.status == 400
    assert told in answer.body.decode()


TEXTS = ["one two", "three"]
CONTENTS = [{"content": {"parts": [{"text": text}]}, "output_dimensionality": 8} for text in TEXTS]
PARTS = [{"content": [{"type": "text", "text": text}]} for text in TEXTS]
COHERE = {"model": "small", "input_type": "search_query", "output_dimension": 8}
VERTEX = "/v1/projects/p/locations/l/publishers/google/models/small"
INSTANCES = [{"content": text} for text in TEXTS]


@pytest.mark.parametrize(
    ("path", "body", "vectors"),
    [
        ("/v1beta/models/small:embedContent", CONTENTS[0], lambda body: [body["embedding"]["values"]]),
        (
            "/v1beta/models/small:batchEmbedContents",
            {"requests": CONTENTS},
            lambda body: [each["values"] for each in body["embeddings"]],
        ),
        (f"{VERTEX}:embedContent", CONTENTS[0], lambda body: [body["embedding"]["values"]]),
        (
            f"{VERTEX}:predict",
            {"instances": INSTANCES, "parameters": {"outputDimensionality": 8}},
            lambda body: [each["embeddings"]["values"] for each in body["predictions"]],
        ),
        ("/v2/embed", {**COHERE, "texts": TEXTS}, lambda body: body["embeddings"]["float"]),
        ("/v2/embed", {**COHERE, "inputs": PARTS}, lambda body: body["embeddings"]["float"]),
    ],
)
def test_texts_are_embedded_in_other_dialects(path, body, vectors):
    async def check(simulator, _):
        answer = answered(*await exchange(simulator, post(body, path)))
        return vectors(orjson.loads(answer.body)), simulator.journal.entries[0].prompt_tokens

    found, n_tokens = simulate(check)
    assert [len(each) for each in found] == [8] * len(found)
    assert n_tokens == words(" ".join(TEXTS[: len(found)]))


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1beta/models/small:embedContent", {"content": {"parts": []}}),
        (f"{VERTEX}:predict", {"instances": []}),
        (f"{VERTEX}:predict", {"instances": [{"text": "one"}]}),
        ("/v2/embed", {**COHERE, "input_type": "any", "texts": TEXTS}),
        ("/v2/embed", {**COHERE, "texts": TEXTS, "embedding_types": ["int8"]}),
        ("/v2/embed", {**COHERE, "texts": []}),
        ("/v2/embed", COHERE),
        ("/v2/embed", {**COHERE, "texts": TEXTS, "output_dimension": -1}),
    ],
)
def test_texts_that_cannot_be_embedded_are_refused(path, body):
    async def check(simulator, _):
        return answered(*await exchange(simulator, post(body, path)))

    assert simulate(check).status == 400
