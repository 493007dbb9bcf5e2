"""The SDKs' asynchronous clients, once each."""

import asyncio

import anthropic
import openai
import pytest
from google import genai

from tests.clients.upstreams import named
from tests.gateways import HTTP

CAPITAL = "What is the capital of France?"
ANSWER = "The answer is Paris."


async def chat(gateway, model):
    http = openai.DefaultAsyncHttpxClient(**HTTP)
    async with openai.AsyncOpenAI(base_url=gateway.base_url, api_key=gateway.key, http_client=http) as client:
        asked = {"model": model, "messages": [{"role": "user", "content": CAPITAL}]}
        yield (await client.chat.completions.create(**asked)).choices[0].message.content
        async with client.chat.completions.stream(**asked) as events:
            yield (await events.get_final_completion()).choices[0].message.content


async def responses(gateway, model):
    http = openai.DefaultAsyncHttpxClient(**HTTP)
    async with openai.AsyncOpenAI(base_url=gateway.base_url, api_key=gateway.key, http_client=http) as client:
        yield (await client.responses.create(model=model, input=CAPITAL)).output_text
        async with client.responses.stream(model=model, input=CAPITAL) as events:
            yield (await events.get_final_response()).output_text


async def messages(gateway, model):
    http = anthropic.DefaultAsyncHttpxClient(**HTTP)
    async with anthropic.AsyncAnthropic(base_url=gateway.url, api_key=gateway.key, http_client=http) as client:
        asked = {"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": CAPITAL}]}
        yield (await client.messages.create(**asked)).content[0].text
        async with client.messages.stream(**asked) as events:
            yield await events.get_final_text()


async def gemini(gateway, model):
    options = genai.types.HttpOptions(base_url=gateway.url, async_client_args=HTTP)
    models = genai.Client(api_key=gateway.key, http_options=options).aio.models
    yield (await models.generate_content(model=model, contents=CAPITAL)).text
    pieces = [piece async for piece in await models.generate_content_stream(model=model, contents=CAPITAL)]
    yield "".join(piece.text or "" for piece in pieces)


@pytest.mark.parametrize("upstream", ["openai", "anthropic"])
@pytest.mark.parametrize("talk", [chat, responses, messages, gemini], ids=lambda talk: talk.__name__)
def test_an_answer_comes_whole_and_in_pieces(clients_gateway, talk, upstream):
    async def main():
        return [text async for text in talk(clients_gateway, named(upstream))]

    assert asyncio.run(main()) == [ANSWER, ANSWER]
