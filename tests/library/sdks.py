"""Each SDK's client, made with an httpx client of the one kind or the other, and what is asked of it."""

import asyncio
from typing import Any

import anthropic
import httpx2
import openai
from google import genai

from tests.library.asking import ASK, MESSAGES, PROMPT
from tiercel import Transport

CLAUDE: Any = {"model": "auto", "messages": MESSAGES, "max_tokens": 1000}


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
    return client.chat.completions.create(**ASK)


def stream_chat(client):
    return client.chat.completions.create(**ASK, stream=True)


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
