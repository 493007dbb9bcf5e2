"""Anthropic's messages, and those on Vertex."""

import json
from typing import Any

from tests.simulator.speakers.common import Said, sse

ON_VERTEX = "/v1/projects/p/locations/l/publishers/anthropic/models/{model}"
FINISHES = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length", "tool_use": "tool_calls"}


class Anthropic:
    """Messages."""

    headers: tuple[tuple[str, str], ...] = (("anthropic-version", "2023-06-01"),)
    split = staticmethod(sse)
    paths = ("/v1/messages",) * 2
    proves = True

    def body(self, asked):
        return {"model": asked.model, "stream": asked.stream, **self.fields(asked)}

    def fields(self, asked):
        content = [{"type": "text", "text": asked.text}]
        if asked.image:
            source = {"type": "base64", "media_type": "image/png", "data": asked.image}
            content.append({"type": "image", "source": source})
        messages = [{"role": "user", "content": content}]
        if asked.called:
            uses = [{"type": "tool_use", "id": id_, "name": name, "input": given} for id_, name, given in asked.called]
            messages.append({"role": "assistant", "content": uses})
        if asked.results:
            results = [{"type": "tool_result", "tool_use_id": id_, "content": said} for id_, said in asked.results]
            messages.append({"role": "user", "content": results})
        fields = {"messages": messages, "max_tokens": asked.max_tokens, "stop_sequences": asked.stop}
        if asked.system:
            fields["system"] = asked.system
        fields["tools"] = [{"name": name, "input_schema": schema} for name, schema in asked.tools.items()]
        if asked.schema:
            fields["output_config"] = {"format": {"type": "json_schema", "schema": asked.schema}}
        if asked.reasoning:
            fields["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        return fields

    def unary(self, body):
        said = Said(finish=FINISHES[body["stop_reason"]], usage=self.usage(body["usage"]))
        for block in body["content"]:
            if block["type"] == "text":
                said.text += block["text"]
            elif block["type"] == "thinking":
                said.reasoning, said.proof = block["thinking"], block["signature"]
            else:
                said.calls.append((block["id"], block["name"], block["input"]))
        return said

    def usage(self, usage):
        read, written = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
        assert written == sum(usage["cache_creation"].values())
        return usage["input_tokens"] + read + written, read, written, usage["output_tokens"]

    def streamed(self, events):
        body: dict[str, Any] = {}
        blocks: list[dict[str, Any]] = []
        for name, data in events:
            event = json.loads(data)
            assert event["type"] == name
            match name:
                case "message_start":
                    body = event["message"]
                case "content_block_start":
                    assert event["index"] == len(blocks)
                    blocks.append({**event["content_block"], "json": ""})
                case "content_block_delta":
                    kind, added = added_by(event["delta"])
                    blocks[-1][kind] += added
                case "message_delta":
                    body |= {**event["delta"], "usage": event["usage"]}
        for block in blocks:
            if block["type"] == "tool_use":
                block["input"] = json.loads(block["json"])
        assert name == "message_stop"
        return self.unary({**body, "content": blocks})


def added_by(said):
    """What a delta of Anthropic's adds, and to what."""
    name = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature"}.get(said["type"])
    return (name, said[name]) if name else ("json", said["partial_json"])


class VertexAnthropic(Anthropic):
    """The same on Vertex."""

    headers = ()

    paths = (f"{ON_VERTEX}:rawPredict", f"{ON_VERTEX}:streamRawPredict")

    def body(self, asked):
        return {"anthropic_version": "vertex-2023-10-16", "stream": asked.stream, **self.fields(asked)}
