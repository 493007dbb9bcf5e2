"""OpenAI's SDK: chat completions."""

import json
from typing import ClassVar

import openai

from tests.clients.sdks.common import IMAGE, Heard, Sdk, Trip, Usage


class OpenAi(Sdk):
    """OpenAI's."""

    errors: ClassVar = {
        None: openai.APIError,
        400: openai.BadRequestError,
        401: openai.AuthenticationError,
        404: openai.NotFoundError,
        422: openai.UnprocessableEntityError,
        429: openai.RateLimitError,
        500: openai.InternalServerError,
    }

    def connected(self, origin, key, http, **options):
        http_client = openai.DefaultHttpxClient(**http)
        return openai.OpenAI(base_url=f"{origin}/v1", api_key=key, http_client=http_client, **options)

    def models(self):
        return [model.id for model in self.client.models.list()]

    def model(self, name):
        return self.client.models.retrieve(name).id

    def embed(self, model, texts):
        return [item.embedding for item in self.client.embeddings.create(model=model, input=texts).data]


class Chat(OpenAi):
    """Chat completions."""

    def ask(self, question):
        return self.client.chat.completions.create(**self.fields(question))

    def stream(self, question):
        fields = self.fields(question) | {"stream_options": {"include_usage": True}}
        with self.client.chat.completions.stream(**fields) as events:
            try:
                return events.get_final_completion()
            except openai.LengthFinishReasonError as error:
                return error.completion

    def parsed(self, question):
        fields = self.fields(question) | {"response_format": Trip}
        return self.client.chat.completions.parse(**fields).choices[0].message.parsed

    @staticmethod
    def fields(asked):
        system = {"type": "text", "text": asked.system}
        if asked.is_marked:
            system["cache_control"] = {"type": "ephemeral"}
        messages = [{"role": "system", "content": [system]}] if asked.system else []
        messages += [{"role": role, "content": said} for role, said in asked.before]
        content = [{"type": "text", "text": asked.text}]
        if asked.image:
            content.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{IMAGE}"}})
        messages += [{"role": "user", "content": content}, *asked.after]
        fields = {"model": asked.model, "messages": messages, "max_completion_tokens": asked.max_tokens}
        if asked.tools:
            functions = [{"name": name, "parameters": schema} for name, schema in asked.tools.items()]
            fields["tools"] = [{"type": "function", "function": function} for function in functions]
        if asked.forced:
            fields["tool_choice"] = {"type": "function", "function": {"name": asked.forced}}
        if asked.stop:
            fields["stop"] = list(asked.stop)
        if asked.thinks:
            fields["reasoning_effort"] = "low"
            # As OpenRouter has it; OpenAI itself never shows reasoning in this dialect.
            fields["extra_body"] = {"reasoning": {"exclude": False}}
        return fields | asked.extra

    def heard(self, answer):
        choice, usage = answer.choices[0], answer.usage
        message = choice.message
        assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
        return Heard(
            text=message.content or "",
            thought=getattr(message, "reasoning_content", None) or "",
            calls=[(call.function.name, json.loads(call.function.arguments)) for call in message.tool_calls or []],
            finish=choice.finish_reason,
            usage=Usage(
                usage.prompt_tokens,
                usage.completion_tokens,
                usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else 0,
                usage.completion_tokens_details.reasoning_tokens if usage.completion_tokens_details else 0,
            ),
        )

    def after(self, answer, result):
        message = answer.choices[0].message
        results = [{"role": "tool", "tool_call_id": call.id, "content": result} for call in message.tool_calls]
        return message, *results
