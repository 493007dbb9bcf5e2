"""OpenAI's chats, and Azure's."""

import json

from tests.simulator.speakers.common import Said, sse


class OpenAi:
    """Chat completions."""

    headers = ()
    split = staticmethod(sse)
    paths = ("/v1/chat/completions",) * 2
    proves = False

    def body(self, asked):
        content = asked.text
        if asked.image:
            url = {"url": f"data:image/png;base64,{asked.image}"}
            content = [{"type": "text", "text": asked.text}, {"type": "image_url", "image_url": url}]
        messages = [{"role": "system", "content": asked.system}] if asked.system else []
        messages.append({"role": "user", "content": content})
        if asked.called:
            calls = [
                {"id": id_, "type": "function", "function": {"name": name, "arguments": json.dumps(given)}}
                for id_, name, given in asked.called
            ]
            messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        messages += [{"role": "tool", "tool_call_id": id_, "content": result} for id_, result in asked.results]
        return {
            "model": asked.model,
            "messages": messages,
            "max_completion_tokens": asked.max_tokens,
            **self.extra(asked),
        }

    def extra(self, asked):
        fields = {"stop": asked.stop} if asked.stop else {}
        if asked.stream:
            fields |= {"stream": True, "stream_options": {"include_usage": True}}
        if asked.tools:
            fields["tools"] = [
                {"type": "function", "function": {"name": name, "parameters": schema}}
                for name, schema in asked.tools.items()
            ]
        if asked.schema:
            wanted = {"name": "wanted", "schema": asked.schema}
            fields["response_format"] = {"type": "json_schema", "json_schema": wanted}
        if asked.reasoning:
            fields["reasoning_effort"] = "low"
        return fields

    def unary(self, body):
        choice = body["choices"][0]
        message = choice["message"]
        calls = [
            (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
            for call in message.get("tool_calls", [])
        ]
        return Said(
            text=message["content"] or "",
            reasoning=message.get("reasoning_content", ""),
            calls=calls,
            finish=choice["finish_reason"],
            usage=self.usage(body["usage"]),
        )

    def usage(self, usage):
        read = usage["prompt_tokens_details"]["cached_tokens"]
        return usage["prompt_tokens"], read, 0, usage["completion_tokens"]

    def streamed(self, events):
        said = Said()
        pieces: dict[int, dict[str, str]] = {}
        assert events.pop() == ("", "[DONE]")
        for _, data in events:
            chunk = json.loads(data)
            for choice in chunk["choices"]:
                said.text += choice["delta"].get("content") or ""
                said.reasoning += choice["delta"].get("reasoning_content") or ""
                said.finish = choice["finish_reason"]
                for call in choice["delta"].get("tool_calls", []):
                    piece = pieces.setdefault(call["index"], {"id": call.get("id"), "name": "", "arguments": ""})
                    for name in ("name", "arguments"):
                        piece[name] += call["function"].get(name, "")
            if chunk["usage"]:
                said.usage = self.usage(chunk["usage"])
        said.calls = [(piece["id"], piece["name"], json.loads(piece["arguments"])) for piece in pieces.values()]
        return said


class Azure(OpenAi):
    """The same at a deployment."""

    paths = ("/openai/deployments/{model}/chat/completions?api-version=2024-10-21",) * 2
