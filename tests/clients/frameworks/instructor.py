"""Instructor, which only ever gives structured answers."""
# mypy: disable-error-code="import-not-found"

import anthropic
import instructor
from google.genai import Client as Genai
from google.genai.types import HttpOptions
from instructor.core.exceptions import InstructorRetryException
from openai import OpenAI

from .checks import MAX_TOKENS, QUESTION, Client, Trip, run


def parts(answer):
    """Which it has; what they say differs in a stream, since there the schema does."""
    return ", ".join(answer.model_dump(exclude_none=True))


class Instructor(Client):
    missing = InstructorRetryException

    def __init__(self, url, key, model):
        super().__init__(url, key, model)
        self.asked = {"response_model": Trip, "messages": [{"role": "user", "content": QUESTION}], "max_retries": 0}
        self.client = self.connected()

    def connected(self):
        raise NotImplementedError

    def text(self):
        return parts(self.structured())

    def stream(self):
        *_, last = self.client.create_partial(**self.asked)
        return parts(last)

    def structured(self):
        return self.client.create(**self.asked)


class Chat(Instructor):
    name = "instructor openai chat"

    def connected(self):
        client = OpenAI(base_url=f"{self.url}/v1", api_key=self.key)
        return instructor.from_openai(client, model=self.model)


class Responses(Instructor):
    name = "instructor openai responses"

    def connected(self):
        client = OpenAI(base_url=f"{self.url}/v1", api_key=self.key)
        return instructor.from_openai(client, model=self.model, mode=instructor.Mode.RESPONSES_TOOLS)


class Json(Instructor):
    name = "instructor openai JSON schema"

    def connected(self):
        client = OpenAI(base_url=f"{self.url}/v1", api_key=self.key)
        return instructor.from_openai(client, model=self.model, mode=instructor.Mode.JSON_SCHEMA)


class Anthropic(Instructor):
    name = "instructor anthropic"

    def connected(self):
        self.asked["max_tokens"] = MAX_TOKENS
        return instructor.from_anthropic(anthropic.Anthropic(base_url=self.url, api_key=self.key), model=self.model)


class Google(Instructor):
    name = "instructor google"

    def connected(self):
        return instructor.from_genai(
            Genai(api_key=self.key, http_options=HttpOptions(base_url=self.url)),
            model=self.model,
            mode=instructor.Mode.JSON,
        )


run(Chat, Responses, Json, Anthropic, Google)
