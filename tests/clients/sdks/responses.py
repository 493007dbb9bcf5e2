"""OpenAI's SDK: responses."""

import json

from tests.clients.sdks.chat import OpenAi
from tests.clients.sdks.common import IMAGE, Heard, Trip, Usage


class Responses(OpenAi):
    """Responses."""

    def ask(self, question):
        return self.client.responses.create(**self.fields(question))

    def stream(self, question):
        with self.client.responses.stream(**self.fields(question)) as events:
            *pieces, last = events
        said = [event.delta for event in pieces if event.type == "response.output_text.delta"]
        assert "".join(said) == last.response.output_text
        return last.response

    def parsed(self, question):
        return self.client.responses.parse(**self.fields(question), text_format=Trip).output_parsed

    @staticmethod
    def fields(asked):
        content = [{"type": "input_text", "text": asked.text}]
        if asked.image:
            content.append({"type": "input_image", "image_url": f"data:image/png;base64,{IMAGE}", "detail": "auto"})
        items = [{"role": role, "content": said} for role, said in asked.before]
        items += [{"role": "user", "content": content}, *asked.after]
        fields = {"model": asked.model, "max_output_tokens": asked.max_tokens}
        if asked.is_marked:
            system = {"type": "input_text", "text": asked.system, "prompt_cache_breakpoint": {"mode": "explicit"}}
            items.insert(0, {"role": "developer", "content": [system]})
        elif asked.system:
            fields["instructions"] = asked.system
        if asked.tools:
            fields["tools"] = [
                {"type": "function", "name": name, "parameters": schema, "strict": False}
                for name, schema in asked.tools.items()
            ]
        if asked.forced:
            fields["tool_choice"] = {"type": "function", "name": asked.forced}
        if asked.thinks:
            fields["reasoning"] = {"effort": "low", "summary": "auto"}
            fields |= {"include": ["reasoning.encrypted_content"], "store": False}
        return fields | {"input": items} | asked.extra

    def heard(self, answer):
        thoughts = [part.text for item in answer.output if item.type == "reasoning" for part in item.summary]
        calls = [(item.name, json.loads(item.arguments)) for item in answer.output if item.type == "function_call"]
        finish = {"completed": "stop", "incomplete": "length"}[answer.status]
        if finish == "length":
            assert answer.incomplete_details.reason == "max_output_tokens"
        usage = answer.usage
        assert usage.total_tokens == usage.input_tokens + usage.output_tokens
        return Heard(
            text=answer.output_text,
            thought="".join(thoughts),
            calls=calls,
            finish="tool_calls" if calls else finish,
            usage=Usage(
                usage.input_tokens,
                usage.output_tokens,
                usage.input_tokens_details.cached_tokens,
                usage.output_tokens_details.reasoning_tokens,
            ),
        )

    def after(self, answer, result):
        called = [item for item in answer.output if item.type == "function_call"]
        results = [{"type": "function_call_output", "call_id": item.call_id, "output": result} for item in called]
        return *answer.output, *results
