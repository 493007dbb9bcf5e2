"""The official clients take the simulator for the real thing.

Those that are no dependencies of the tests were tried by hand: boto3, cohere, google-auth, and Anthropic's for Vertex.
"""

import importlib
import warnings

import pytest

from tests.simulator.asking import HELLO, PARAMETERS, simulate

QUESTION = "Explain the refund policy"
CALLING = "Get weather and get time"
NAMES = ["get_weather", "get_time"]


def optional(name):
    """A module, or the test is skipped; what it warns of as it is imported is not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except ImportError:
            pytest.skip(f"{name} is not installed")


def with_anthropic(check, **settings):
    anthropic = optional("anthropic")

    async def main(simulator, _):
        async with anthropic.AsyncAnthropic(base_url=simulator.origin, api_key="key", max_retries=0) as client:
            return await check(client)

    return simulate(main, **settings)


def test_anthropics_client_reads_messages_and_their_streams():
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 2000}

    async def check(client):
        asked = {"model": "small", "messages": HELLO, **thinking}
        whole = await client.messages.create(**asked)
        async with client.messages.stream(**asked) as stream:
            return whole, await stream.get_final_message()

    whole, streamed = with_anthropic(check)
    assert [block.type for block in whole.content] == [block.type for block in streamed.content] == ["thinking", "text"]
    assert [block.signature for block in (whole.content[0], streamed.content[0])] == [whole.content[0].signature] * 2
    assert whole.content[1].text == streamed.content[1].text
    assert whole.usage == streamed.usage


def test_anthropics_client_calls_tools():
    tools = [{"name": name, "input_schema": PARAMETERS} for name in NAMES]

    async def check(client):
        asked = {"model": "small", "max_tokens": 1000, "tools": tools}
        question = {"role": "user", "content": CALLING}
        async with client.messages.stream(messages=[question], **asked) as stream:
            called = await stream.get_final_message()
        results = [{"type": "tool_result", "tool_use_id": use.id, "content": "sun"} for use in called.content]
        messages = [question, {"role": "assistant", "content": called.content}, {"role": "user", "content": results}]
        return called, await client.messages.create(messages=messages, **asked)

    called, answer = with_anthropic(check)
    assert [use.name for use in called.content] == NAMES
    assert all(use.input.keys() == {"city", "days"} for use in called.content)
    assert answer.content[0].text.endswith("sun, sun")


def test_anthropics_client_counts_lists_and_raises():
    anthropic = optional("anthropic")

    async def check(client):
        counted = await client.messages.count_tokens(model="small", messages=HELLO)
        names = [model.id async for model in client.models.list()]
        with pytest.raises(anthropic.APIStatusError) as raised:
            await client.messages.create(model="large", max_tokens=1, messages=HELLO)
        return counted.input_tokens, names, raised.value

    n_tokens, names, error = with_anthropic(check, faults={"large": "status=529"})
    assert n_tokens == 11
    assert names[:3] == ["small", "medium", "large"]
    assert (error.status_code, error.body["error"]["type"]) == (529, "overloaded_error")


def with_gemini(check, **settings):
    genai, types = optional("google.genai"), optional("google.genai.types")

    async def main(simulator, _):
        client = genai.Client(api_key="key", http_options=types.HttpOptions(base_url=simulator.origin))
        return await check(client.aio.models, types)

    return simulate(main, **settings)


def test_geminis_client_reads_contents_and_their_streams():
    async def check(models, types):
        config = types.GenerateContentConfig(thinking_config=types.ThinkingConfig(include_thoughts=True))
        asked = {"model": "small", "contents": QUESTION, "config": config}
        whole = await models.generate_content(**asked)
        return whole, [piece async for piece in await models.generate_content_stream(**asked)]

    whole, pieces = with_gemini(check)
    thought, said = whole.candidates[0].content.parts
    assert (thought.thought, said.thought) == (True, None)
    assert "".join(piece.text or "" for piece in pieces) == said.text
    assert pieces[-1].usage_metadata == whole.usage_metadata
    assert pieces[-1].candidates[0].finish_reason.name == "STOP"


def test_geminis_client_calls_functions():
    async def check(models, types):
        functions = [types.FunctionDeclaration(name=name, parameters_json_schema=PARAMETERS) for name in NAMES]
        config = types.GenerateContentConfig(tools=[types.Tool(function_declarations=functions)])
        contents = [types.Content(role="user", parts=[types.Part(text=CALLING)])]
        called = await models.generate_content(model="small", contents=contents, config=config)
        parts = [
            types.Part.from_function_response(name=call.name, response={"output": "sun"})
            for call in called.function_calls
        ]
        contents += [called.candidates[0].content, types.Content(role="user", parts=parts)]
        return called.function_calls, await models.generate_content(model="small", contents=contents, config=config)

    calls, answer = with_gemini(check)
    assert [call.name for call in calls] == NAMES
    assert answer.text.endswith("sun, sun")


def test_geminis_client_takes_schemas_counts_and_embeds():
    async def check(models, types):
        schema = types.Schema(type="OBJECT", properties={"city": types.Schema(type="STRING")})
        config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=schema)
        answer = await models.generate_content(model="small", contents=QUESTION, config=config)
        counted = await models.count_tokens(model="small", contents=QUESTION)
        found = await models.embed_content(
            model="small", contents=["one", "two"], config=types.EmbedContentConfig(output_dimensionality=8)
        )
        return answer.parsed, counted.total_tokens, [len(each.values) for each in found.embeddings]

    parsed, n_tokens, lengths = with_gemini(check)
    assert parsed.keys() == {"city"}
    assert n_tokens == 11
    assert lengths == [8, 8]


def test_openais_client_reads_responses_and_their_streams():
    asked = {
        "model": "small",
        "input": QUESTION,
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
    }

    async def check(_, client):
        whole = await client.responses.create(**asked)
        async with client.responses.stream(**asked) as stream:
            streamed = await stream.get_final_response()
        again = await client.responses.create(**asked | {"input": [*whole.output, {"role": "user", "content": "More"}]})
        return whole, streamed, again

    whole, streamed, again = simulate(check)
    assert [item.type for item in whole.output] == ["reasoning", "message"]
    assert whole.output_text == streamed.output_text
    assert whole.usage == streamed.usage
    assert again.status == "completed"


@pytest.mark.parametrize("stream", [False, True])
def test_openais_client_calls_functions_by_responses(stream):
    tools = [{"type": "function", "name": name, "parameters": PARAMETERS, "strict": True} for name in NAMES]

    async def check(_, client):
        asked = {"model": "small", "input": CALLING, "tools": tools}
        if not stream:
            return await client.responses.create(**asked)
        async with client.responses.stream(**asked) as events:
            return await events.get_final_response()

    called = simulate(check)
    assert [item.name for item in called.output] == NAMES
    assert all(item.type == "function_call" for item in called.output)


def test_openais_client_raises_for_errors_in_a_stream_of_events():
    async def check(_, client):
        events = await client.responses.create(model="small", input=QUESTION, stream=True)
        return [event async for event in events]

    openai = optional("openai")
    with pytest.raises(openai.APIError, match="server had an error"):
        simulate(check, faults={"small": "error-event=3"})
