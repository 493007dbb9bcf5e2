"""Google's SDK."""

import base64
from typing import ClassVar

from google import genai
from google.genai import errors, types

from tests.clients.sdks.common import IMAGE, Heard, Sdk, Trip, Usage

ANY = types.FunctionCallingConfigMode.ANY
FINISHES = {"STOP": "stop", "MAX_TOKENS": "length"}


class Gemini(Sdk):
    """Contents to generate."""

    errors: ClassVar = {
        None: errors.APIError,
        400: errors.ClientError,
        401: errors.ClientError,
        404: errors.ClientError,
        422: errors.ClientError,
        429: errors.ClientError,
        500: errors.ServerError,
    }

    def connected(self, origin, key, http, **options):
        http_options = types.HttpOptions(base_url=origin, client_args=http, **options)
        return genai.Client(api_key=key, http_options=http_options)

    def ask(self, question):
        return self.client.models.generate_content(**self.fields(question))

    def stream(self, question):
        """Pieces, of which the last says why it ends and what was used."""
        *pieces, last = self.client.models.generate_content_stream(**self.fields(question))
        parts = [part for piece in (*pieces, last) for part in _parts(piece)]
        if last.candidates:
            last.candidates[0].content = types.Content(role="model", parts=parts)
        return last

    def parsed(self, question):
        fields = self.fields(question)
        config = fields["config"].model_copy(update={"response_mime_type": "application/json", "response_schema": Trip})
        return self.client.models.generate_content(**fields | {"config": config}).parsed

    def models(self):
        return [model.name.removeprefix("models/") for model in self.client.models.list()]

    def model(self, name):
        return self.client.models.get(model=name).name.removeprefix("models/")

    def count(self, question):
        fields = self.fields(question)
        return self.client.models.count_tokens(model=question.model, contents=fields["contents"]).total_tokens

    def embed(self, model, texts):
        return [each.values for each in self.client.models.embed_content(model=model, contents=texts).embeddings]

    @staticmethod
    def fields(asked):
        roles = {"user": "user", "assistant": "model"}
        contents = [
            types.Content(role=roles[role], parts=[types.Part.from_text(text=said)]) for role, said in asked.before
        ]
        parts = [types.Part.from_text(text=asked.text)]
        if asked.image:
            parts.append(types.Part.from_bytes(data=base64.b64decode(IMAGE), mime_type="image/png"))
        contents += [types.Content(role="user", parts=parts), *asked.after]
        functions = [
            types.FunctionDeclaration(name=name, parameters_json_schema=schema) for name, schema in asked.tools.items()
        ]
        calling = types.FunctionCallingConfig(mode=ANY, allowed_function_names=[asked.forced])
        config = types.GenerateContentConfig(
            max_output_tokens=asked.max_tokens,
            system_instruction=asked.system or None,
            stop_sequences=list(asked.stop) or None,
            tools=[types.Tool(function_declarations=functions)] if functions else None,
            tool_config=types.ToolConfig(function_calling_config=calling) if asked.forced else None,
            thinking_config=types.ThinkingConfig(include_thoughts=True, thinking_budget=1024) if asked.thinks else None,
            **asked.extra,
        )
        return {"model": asked.model, "contents": contents, "config": config}

    def heard(self, answer):
        parts, usage = _parts(answer), answer.usage_metadata
        calls = [(part.function_call.name, part.function_call.args) for part in parts if part.function_call]
        thought = usage.thoughts_token_count or 0
        completion = (usage.candidates_token_count or 0) + thought
        assert usage.total_token_count == usage.prompt_token_count + completion
        return Heard(
            text="".join(part.text for part in parts if part.text and not part.thought),
            thought="".join(part.text for part in parts if part.text and part.thought),
            calls=calls,
            finish="tool_calls" if calls else FINISHES[answer.candidates[0].finish_reason.name],
            usage=Usage(usage.prompt_token_count, completion, usage.cached_content_token_count or 0, thought),
        )

    def after(self, answer, result):
        parts = [
            types.Part(
                function_response=types.FunctionResponse(id=call.id, name=call.name, response={"output": result})
            )
            for call in (part.function_call for part in _parts(answer))
            if call
        ]
        return answer.candidates[0].content, types.Content(role="user", parts=parts)


def _parts(answer):
    content = answer.candidates[0].content if answer.candidates else None
    return (content and content.parts) or []
