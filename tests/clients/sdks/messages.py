"""Anthropic's SDK."""

from typing import Any, ClassVar

import anthropic

from tests.clients.sdks.common import IMAGE, Heard, Sdk, Trip, Usage

FINISHES = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls"}


class Messages(Sdk):
    """Messages."""

    errors: ClassVar = {
        None: anthropic.APIError,
        400: anthropic.BadRequestError,
        401: anthropic.AuthenticationError,
        404: anthropic.NotFoundError,
        422: anthropic.UnprocessableEntityError,
        429: anthropic.RateLimitError,
        500: anthropic.InternalServerError,
    }

    def connected(self, origin, key, http, **options):
        http_client = anthropic.DefaultHttpxClient(**http)
        return anthropic.Anthropic(base_url=origin, api_key=key, http_client=http_client, **options)

    def ask(self, question):
        return self.client.messages.create(**self.fields(question))

    def stream(self, question):
        with self.client.messages.stream(**self.fields(question)) as events:
            return events.get_final_message()

    def parsed(self, question):
        return self.client.messages.parse(**self.fields(question), output_format=Trip).parsed_output

    def models(self):
        return [model.id for model in self.client.models.list()]

    def model(self, name):
        return self.client.models.retrieve(name).id

    def count(self, question):
        fields = self.fields(question)
        del fields["max_tokens"]
        return self.client.messages.count_tokens(**fields).input_tokens

    @staticmethod
    def fields(asked):
        messages = [{"role": role, "content": said} for role, said in asked.before]
        content: list[Any] = [{"type": "text", "text": asked.text}]
        if asked.image:
            source = {"type": "base64", "media_type": "image/png", "data": IMAGE}
            content.append({"type": "image", "source": source})
        messages += [{"role": "user", "content": content}, *asked.after]
        fields = {"model": asked.model, "messages": messages, "max_tokens": asked.max_tokens}
        if asked.system:
            system: dict[str, Any] = {"type": "text", "text": asked.system}
            fields["system"] = [system | ({"cache_control": {"type": "ephemeral"}} if asked.is_marked else {})]
        if asked.tools:
            fields["tools"] = [{"name": name, "input_schema": schema} for name, schema in asked.tools.items()]
        if asked.forced:
            fields["tool_choice"] = {"type": "tool", "name": asked.forced}
        if asked.stop:
            fields["stop_sequences"] = list(asked.stop)
        if asked.thinks:
            fields["thinking"] = {"type": "enabled", "budget_tokens": 1024, "display": "summarized"}
        return fields | asked.extra

    def heard(self, answer):
        usage = answer.usage
        cached = usage.cache_read_input_tokens or 0
        details = usage.output_tokens_details
        return Heard(
            text="".join(block.text for block in answer.content if block.type == "text"),
            thought="".join(block.thinking for block in answer.content if block.type == "thinking"),
            calls=[(block.name, block.input) for block in answer.content if block.type == "tool_use"],
            finish=FINISHES[answer.stop_reason],
            usage=Usage(
                usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0),
                usage.output_tokens,
                cached,
                details.thinking_tokens if details else 0,
            ),
        )

    def after(self, answer, result):
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": result}
            for block in answer.content
            if block.type == "tool_use"
        ]
        return {"role": "assistant", "content": answer.content}, {"role": "user", "content": results}
