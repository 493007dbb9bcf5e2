"""OpenAI's responses."""

import json

from tests.simulator.speakers.common import Said, sse


class Responses:
    """Responses."""

    headers = ()
    split = staticmethod(sse)
    paths = ("/v1/responses",) * 2
    proves = True

    def body(self, asked):
        content = [{"type": "input_text", "text": asked.text}]
        if asked.image:
            content.append({"type": "input_image", "image_url": f"data:image/png;base64,{asked.image}"})
        items = [{"role": "user", "content": content}]
        for id_, name, given in asked.called:
            items.append({"type": "function_call", "call_id": id_, "name": name, "arguments": json.dumps(given)})
        items += [{"type": "function_call_output", "call_id": id_, "output": result} for id_, result in asked.results]
        fields = {"model": asked.model, "input": items, "max_output_tokens": asked.max_tokens, "stream": asked.stream}
        if asked.system:
            fields["instructions"] = asked.system
        fields["tools"] = [
            {"type": "function", "name": name, "parameters": schema} for name, schema in asked.tools.items()
        ]
        if asked.schema:
            fields["text"] = {"format": {"type": "json_schema", "name": "wanted", "schema": asked.schema}}
        if asked.reasoning:
            fields |= {"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"]}
        return fields

    def unary(self, body):
        said = Said()
        for item in body["output"]:
            if item["type"] == "message":
                said.text += "".join(part["text"] for part in item["content"])
            elif item["type"] == "reasoning":
                said.reasoning = "".join(part["text"] for part in item["summary"])
                said.proof = item["encrypted_content"]
            else:
                said.calls.append((item["call_id"], item["name"], json.loads(item["arguments"])))
        cut = body["status"] == "incomplete" and body["incomplete_details"]["reason"] == "max_output_tokens"
        said.finish = "length" if cut else "tool_calls" if said.calls else "stop"
        usage = body["usage"]
        said.usage = (
            usage["input_tokens"],
            usage["input_tokens_details"]["cached_tokens"],
            0,
            usage["output_tokens"],
        )
        return said

    def streamed(self, events):
        deltas = {"output_text": "", "reasoning_summary_text": "", "function_call_arguments": ""}
        for number, (name, data) in enumerate(events):
            event = json.loads(data)
            assert (event["type"], event["sequence_number"]) == (name, number)
            if name.endswith(".delta"):
                deltas[name.split(".")[1]] += event["delta"]
        said = self.unary(event["response"])
        assert deltas["output_text"] == said.text
        assert deltas["reasoning_summary_text"] == said.reasoning
        assert deltas["function_call_arguments"].count("{") == len(said.calls)
        return said
