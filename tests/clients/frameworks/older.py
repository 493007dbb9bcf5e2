"""The major version before the newest of each official SDK."""

import json
from typing import Any

import anthropic
import openai
from google import genai
from google.genai import errors, types

from .checks import MAX_TOKENS, QUESTION, WEATHER_QUESTION, Client, Trip, get_weather, run

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class OpenAi(Client):
    """Its two dialects have one client."""

    missing = openai.NotFoundError

    def __init__(self, url, key, model):
        super().__init__(url, key, model)
        self.client: Any = openai.OpenAI(base_url=f"{url}/v1", api_key=key)


class Chat(OpenAi):
    name = "openai 2 chat"

    def text(self):
        return self.ask([{"role": "user", "content": QUESTION}]).content

    def stream(self):
        messages = [{"role": "user", "content": QUESTION}]
        chunks = self.client.chat.completions.create(model=self.model, messages=messages, stream=True)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    def tool(self):
        messages = [{"role": "user", "content": WEATHER_QUESTION}]
        tools = [{"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}]
        called = self.ask(messages, tools=tools)
        (call,) = called.tool_calls
        result = get_weather(**json.loads(call.function.arguments))
        messages += [called, {"role": "tool", "tool_call_id": call.id, "content": result}]
        return self.ask(messages, tools=tools).content

    def structured(self):
        messages = [{"role": "user", "content": QUESTION}]
        answer = self.client.chat.completions.parse(model=self.model, messages=messages, response_format=Trip)
        return answer.choices[0].message.parsed

    def ask(self, messages, **fields):
        return self.client.chat.completions.create(model=self.model, messages=messages, **fields).choices[0].message


class Responses(OpenAi):
    name = "openai 2 responses"

    def text(self):
        return self.client.responses.create(model=self.model, input=QUESTION).output_text

    def stream(self):
        events = self.client.responses.create(model=self.model, input=QUESTION, stream=True)
        return "".join(event.delta for event in events if event.type == "response.output_text.delta")

    def tool(self):
        items = [{"role": "user", "content": WEATHER_QUESTION}]
        tools = [{"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": False}]
        called = self.client.responses.create(model=self.model, input=items, tools=tools)
        (call,) = (item for item in called.output if item.type == "function_call")
        result = get_weather(**json.loads(call.arguments))
        items += [*called.output, {"type": "function_call_output", "call_id": call.call_id, "output": result}]
        return self.client.responses.create(model=self.model, input=items, tools=tools).output_text

    def structured(self):
        return self.client.responses.parse(model=self.model, input=QUESTION, text_format=Trip).output_parsed


class Messages(Client):
    name = "anthropic 1"
    missing = anthropic.NotFoundError

    def __init__(self, url, key, model):
        super().__init__(url, key, model)
        self.client: Any = anthropic.Anthropic(base_url=url, api_key=key)

    def fields(self, text):
        return {"model": self.model, "max_tokens": MAX_TOKENS, "messages": [{"role": "user", "content": text}]}

    def text(self):
        return self.client.messages.create(**self.fields(QUESTION)).content[0].text

    def stream(self):
        with self.client.messages.stream(**self.fields(QUESTION)) as stream:
            return "".join(stream.text_stream)

    def tool(self):
        fields = self.fields(WEATHER_QUESTION) | {"tools": [{"name": "get_weather", "input_schema": SCHEMA}]}
        called = self.client.messages.create(**fields)
        (call,) = (block for block in called.content if block.type == "tool_use")
        result = {"type": "tool_result", "tool_use_id": call.id, "content": get_weather(**call.input)}
        fields["messages"] += [
            {"role": "assistant", "content": called.content},
            {"role": "user", "content": [result]},
        ]
        return self.client.messages.create(**fields).content[0].text

    def structured(self):
        return self.client.messages.parse(**self.fields(QUESTION), output_format=Trip).parsed_output


class Gemini(Client):
    name = "google-genai 2"
    missing = errors.ClientError

    def __init__(self, url, key, model):
        super().__init__(url, key, model)
        self.client: Any = genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))

    def text(self):
        return self.client.models.generate_content(model=self.model, contents=QUESTION).text

    def stream(self):
        chunks = self.client.models.generate_content_stream(model=self.model, contents=QUESTION)
        return "".join(chunk.text or "" for chunk in chunks)

    def tool(self):
        config = types.GenerateContentConfig(tools=[get_weather])
        return self.client.models.generate_content(model=self.model, contents=WEATHER_QUESTION, config=config).text

    def structured(self):
        config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Trip)
        return self.client.models.generate_content(model=self.model, contents=QUESTION, config=config).parsed


run(Chat, Responses, Messages, Gemini)
