"""SDKs over httpx, with the gateway inside of the program: no server, no port, and all as over HTTP."""

import asyncio
import threading
from typing import Any

import anthropic
import httpx
import httpx2
import openai
import pytest
from google import genai

from tests.gateways import KEYS, eventually, provider
from tests.providers import STREAM_END, STREAM_HEAD, piece
from tests.test_library import EVENT, TIERS, has_hung_up
from tiercel import Gateway, Transport

PROMPT = "Explain the refund policy"
MESSAGES: Any = [{"role": "user", "content": PROMPT}]
CHAT: Any = {"model": "auto", "messages": MESSAGES}
CLAUDE: Any = {"model": "auto", "messages": MESSAGES, "max_tokens": 1000}


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("TIERCEL_TESTS_KEY", "sk-shop")
    monkeypatch.setenv("TIERCEL_TESTS_NARROW_KEY", "sk-narrow")
    monkeypatch.setenv("TIERCEL_TESTS_PROVIDER_KEY", "sk-provider")


@pytest.fixture
def simulator(shared_providers):
    shared_providers[0].reset()
    return shared_providers[0]


@pytest.fixture
def path(simulator, tmp_path):
    """The file of a configuration in front of the simulator."""
    path = tmp_path / "tiercel.toml"
    path.write_text(provider("first", simulator.base_url) + TIERS)
    return path


# Each SDK's client, made with an httpx client of the one kind or the other.


def of_openai(kind, **options):
    make = openai.AsyncOpenAI if kind == "async" else openai.OpenAI
    return make(base_url="http://tiercel/v1", **{"api_key": "any", "max_retries": 0, **options})


def of_anthropic(kind, **options):
    make = anthropic.AsyncAnthropic if kind == "async" else anthropic.Anthropic
    return make(base_url="http://tiercel", api_key="any", max_retries=0, **options)


def of_google(kind, http_client):
    name = "httpx_async_client" if kind == "async" else "httpx_client"
    options: Any = {"base_url": "http://tiercel", name: http_client}
    client = genai.Client(api_key="any", http_options=options)
    return client.aio if kind == "async" else client


def chat(client):
    return client.chat.completions.create(**CHAT)


def stream_chat(client):
    return client.chat.completions.create(**CHAT, stream=True)


def respond(client):
    return client.responses.create(model="auto", input=PROMPT)


def message(client):
    return client.messages.create(**CLAUDE)


def stream_message(client):
    return client.messages.create(**CLAUDE, stream=True)


def generate(client):
    return client.models.generate_content(model="auto", contents=PROMPT)


def stream_generate(client):
    return client.models.generate_content_stream(model="auto", contents=PROMPT)


def words(event):
    """What a chunk, or an event, of any SDK adds to the text."""
    match event:
        case openai.types.chat.ChatCompletionChunk():
            return event.choices[0].delta.content or ""
        case genai.types.GenerateContentResponse():
            return event.text or ""
    return getattr(getattr(event, "delta", None), "text", "") or ""


def asked(path, kind, make, ask, package=httpx2):
    """What the SDK's client gives for `ask(client)`; a stream as the list of its events."""
    if kind == "sync":
        with package.Client(transport=Transport(path)) as http_client:
            answer = ask(make(kind, http_client=http_client))
            return list(answer) if hasattr(answer, "__next__") else answer

    async def main():
        async with package.AsyncClient(transport=Transport(path)) as http_client:
            answer = await ask(make(kind, http_client=http_client))
            return [event async for event in answer] if hasattr(answer, "__anext__") else answer

    return asyncio.run(main())


@pytest.mark.parametrize("package", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("make", "ask", "text"),
    [
        (of_openai, chat, lambda it: it.choices[0].message.content),
        (of_openai, respond, lambda it: it.output_text),
        (of_anthropic, message, lambda it: it.content[0].text),
        (of_google, generate, lambda it: it.text),
        (of_openai, stream_chat, lambda them: "".join(map(words, them))),
        (of_anthropic, stream_message, lambda them: "".join(map(words, them))),
        (of_google, stream_generate, lambda them: "".join(map(words, them))),
    ],
    ids=lambda value: value.__name__ if callable(value) and value.__name__ != "<lambda>" else "",
)
def test_the_official_sdks_just_work(path, package, kind, make, ask, text):
    if make is of_anthropic and package is httpx:
        pytest.skip("it takes no client of httpx")
    expected = asked(path, "sync", of_openai, chat).choices[0].message.content

    assert text(asked(path, kind, make, ask, package)) == expected


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("nobody has the model", {"model": "nobody's"}, openai.NotFoundError),
        ("the provider refuses", {"user": "simulate:status=400"}, openai.BadRequestError),
        ("the provider fails", {"user": "simulate:status=500"}, openai.InternalServerError),
        ("nothing comes in time", {"user": "simulate:delay=60s", "timeout": 0.2}, openai.APITimeoutError),
    ],
)
def test_what_fails_is_raised_as_over_http(path, kind, name, fields, expected):
    with pytest.raises(expected):
        pytest.fail(f"{name}: {asked(path, kind, of_openai, lambda it: it.chat.completions.create(**CHAT | fields))}")


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_stream_that_breaks_off_is_an_error(path, kind):
    with pytest.raises(openai.APIError, match="ended before it was whole"):
        asked(path, kind, of_openai, lambda it: it.chat.completions.create(**CHAT, stream=True, user="simulate:cut=3"))


def test_the_key_is_the_clients_where_the_configuration_has_some(path):
    path.write_text(KEYS + path.read_text())

    def ask(key):
        return asked(path, "sync", lambda kind, **options: of_openai(kind, api_key=key, **options), chat)

    assert ask("sk-shop").choices[0].message.content
    with pytest.raises(openai.AuthenticationError):
        ask("sk-nobody")
    with pytest.raises(openai.PermissionDeniedError):
        ask("sk-narrow")


def test_headers_go_both_ways(path):
    with httpx.Client(transport=Transport(path), base_url="http://tiercel") as client:
        headers = {"X-Request-Id": "mine", "X-Tiercel-Tier": "medium"}
        answer = client.post("/v1/chat/completions?any=thing", json=CHAT, headers=headers)

    assert answer.status_code == 200
    assert (answer.headers["x-request-id"], answer.headers["x-tiercel-tier"]) == ("mine", "medium")
    assert answer.headers["x-tiercel-model"] == "first/medium"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_an_event_is_there_before_the_next_one_is_sent(start_script, path, kind):
    script = start_script()
    is_heard = asyncio.Event()

    async def answer(_, writer):
        writer.write(STREAM_HEAD + piece(EVENT % (b"One", b"null")))
        await is_heard.wait()
        writer.write(piece(EVENT % (b" two", b'"stop"') + b"data: [DONE]\n\n") + STREAM_END)

    def hear(heard, event):
        heard.append(words(event))
        script.call_soon(is_heard.set)

    def sync():
        heard: list[str] = []
        with of_openai("sync", http_client=httpx2.Client(transport=Transport(path))) as client:
            for event in stream_chat(client):
                hear(heard, event)
        return heard

    async def main():
        heard: list[str] = []
        async with of_openai("async", http_client=httpx2.AsyncClient(transport=Transport(path))) as client:
            async for event in await stream_chat(client):
                hear(heard, event)
        return heard

    script.reset(answer)
    path.write_text(provider("first", script.base_url) + TIERS)

    assert (sync() if kind == "sync" else asyncio.run(main())) == ["One", " two"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_the_provider_is_hung_up_on_when_a_stream_is_closed(path, simulator, kind):
    fields = CHAT | {"stream": True, "user": "simulate:stall=4"}

    def sync():
        with of_openai("sync", http_client=httpx2.Client(transport=Transport(path))) as client:
            with client.chat.completions.create(**fields) as stream:
                next(stream)
            assert eventually(lambda: has_hung_up(simulator))

    async def main():
        async with of_openai("async", http_client=httpx2.AsyncClient(transport=Transport(path))) as client:
            stream = await client.chat.completions.create(**fields)
            await anext(stream)
            await stream.close()
            await stream._iterator.aclose()
            assert await asyncio.to_thread(eventually, lambda: has_hung_up(simulator))

    if kind == "sync":
        sync()
    else:
        asyncio.run(main())


def test_the_provider_is_hung_up_on_when_a_call_is_cancelled(path, simulator):
    async def main():
        async with of_openai("async", http_client=httpx2.AsyncClient(transport=Transport(path))) as client:
            task = asyncio.create_task(client.chat.completions.create(**CHAT, user="simulate:delay=60s"))
            await asyncio.to_thread(eventually, lambda: simulator.journal)
            task.cancel()
            await asyncio.wait([task])
            assert await asyncio.to_thread(eventually, lambda: has_hung_up(simulator))
            return task.cancelled()

    assert asyncio.run(main())


def test_threads_share_a_transport(path, simulator):
    answers = []
    with httpx.Client(transport=Transport(path), base_url="http://tiercel") as client:

        def run():
            answers.append(client.post("/v1/chat/completions", json=CHAT).json())

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len({answer["choices"][0]["message"]["content"] for answer in answers}) == 1
    assert len(simulator.journal) == 8


def test_a_gateway_that_was_given_outlives_the_transport(path):
    async def main():
        async with Gateway.from_file(path) as gateway:
            for _ in range(2):
                async with httpx.AsyncClient(transport=Transport(gateway), base_url="http://tiercel") as client:
                    assert (await client.post("/v1/chat/completions", json=CHAT)).status_code == 200
            return await gateway.chat(**CHAT)

    assert asyncio.run(main()).text


def test_closing_ends_what_runs_and_the_thread(path, simulator):
    transport = Transport(path)
    client = httpx.Client(transport=transport, base_url="http://tiercel")
    raised = []

    def run():
        with pytest.raises(httpx.RemoteProtocolError, match="this gateway is closed") as error:
            client.post("/v1/chat/completions", json=CHAT | {"user": "simulate:delay=60s"})
        raised.append(error.value)

    thread = threading.Thread(target=run)
    thread.start()
    eventually(lambda: simulator.journal)
    client.close()
    thread.join()

    assert len(raised) == 1
    assert not [thread for thread in threading.enumerate() if thread.name == "tiercel"]
    with pytest.raises(RuntimeError, match="this gateway is closed; make another one"):
        transport.handle_request(httpx.Request("GET", "http://tiercel/health/live"))
    transport.close()
