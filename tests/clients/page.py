"""Writes `docs/compatibility.md` from the rows of the tests, each of which a test proves."""

import json
import tomllib
from pathlib import Path

from tests.clients import test_frameworks, test_javascript
from tests.clients.rows import REFUSED, ROWS, but
from tests.clients.upstreams import UPSTREAMS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/compatibility.md"
ENVIRONMENTS = "tests/clients/environments"

OFFICIAL = {
    "chat": "openai chat",
    "responses": "openai responses",
    "messages": "anthropic",
    "gemini": "google-genai",
}
NOTES = {
    ("chat", "top_p"): " beside `temperature`",
    ("chat", "parallel_tool_calls"): ": false",
    ("chat", "tool_choice"): " of one of several tools",
    ("chat", "response_format"): ": `json_object`, so without a schema",
    ("gemini", "generationConfig.topP"): " beside `temperature`",
}
TEXT = """# Which client works with which provider

Every client is as its registry has it, and stands in front of Tiercel, behind which the simulator plays a provider of
each dialect: {dialects}.
The tests in `tests/clients` prove every cell; `make bless` writes the page anew from their rows.

## Official SDKs for Python

{official}

Where a cell is empty, the client has no such thing; where a provider has no embeddings, the client is told so.

- The usage that an SDK reports is what the provider counted, to the token, whatever the dialects.
- conversation: a system prompt and several turns. tools: one and several at once, whole and streamed, forced, and their
  results handed back. structured: by the SDK's own helper. thinking: shown, streamed, and handed back between tools.
- prompt cache: what is marked or long enough is kept, and the usage says so. Gemini's API has no marks.
- count: as the provider counts where it speaks the client's dialect; elsewhere Tiercel counts, without what stands
  around messages.
- errors, broken stream: the SDK raises the right class; three attempts are made at most, its own retries included.

## Older SDKs and frameworks

With providers of the dialects {some}.

{frameworks}

## JavaScript

With providers of all dialects.

{javascript}

## What is refused

What would change the answer and a provider cannot be told is refused with 400, by the client's own name for it. With
the header `x-tiercel-drop-unsupported: true`, or `drop_unsupported` at the client's key, it is dropped instead and
named in the answer's `x-tiercel-dropped`. The tests try these:

{refused}
"""


def written():
    """The page as it should be."""
    environments = {name: versions(f"{ENVIRONMENTS}/{name}/uv.lock") for name in ("older", "frameworks")}
    frameworks = [
        (client, environments[environment], features)
        for (environment, _), clients in test_frameworks.PROGRAMS.items()
        for client, features in clients.items()
    ]
    packages = versions("tests/clients/javascript/package-lock.json")
    scripts = [(client, packages, test_javascript.FEATURES) for client in test_javascript.SCRIPTS]
    return TEXT.format(
        dialects=", ".join(UPSTREAMS),
        official=official(),
        some=", ".join(test_frameworks.MODELS),
        frameworks=smoke(frameworks),
        javascript=smoke(scripts),
        refused=table(
            ("client", "field", "refused for"),
            [
                (OFFICIAL[client], f"`{name}`{NOTES.get((client, name), '')}", listed(upstreams))
                for (client, name), (_, upstreams) in REFUSED.items()
            ],
        ),
    )


def official():
    packages = versions("uv.lock")
    rows = [
        (name, version(name, packages), *(listed(upstreams.get(client, ())) for upstreams in ROWS.values()))
        for client, name in OFFICIAL.items()
    ]
    return table(("client", "version", *ROWS), rows)


def smoke(clients):
    """A table of clients, each with what locks its version and with its features."""
    columns = test_javascript.FEATURES
    rows = [
        (name, version(name, packages), *("yes" if feature in features else "" for feature in columns))
        for name, packages, features in clients
    ]
    return table(("client", "version", *columns), rows)


def table(head, rows):
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join("|" + "".join(f" {cell} |" if cell else " |" for cell in line) for line in lines)


def listed(upstreams):
    """Names of providers, in fewer words where they are most of them."""
    if len(upstreams) <= len(UPSTREAMS) / 2:
        return ", ".join(upstreams)
    missing = but(*upstreams)
    return f"all but {', '.join(missing)}" if missing else "all"


def versions(lock):
    """The version of every package of a lock file."""
    text = (ROOT / lock).read_text()
    if lock.endswith(".json"):
        packages = json.loads(text)["packages"].items()
        return {path.removeprefix("node_modules/"): package["version"] for path, package in packages if path}
    return {package["name"]: package.get("version", "") for package in tomllib.loads(text)["package"]}


def version(client, packages):
    """The major version of the package that a client's name begins with, or of one that goes on with a hyphen."""
    name = client.partition(" ")[0]
    found = packages.get(name) or next(each for known, each in packages.items() if known.startswith(f"{name}-"))
    major, minor, *_ = found.split(".")
    return major if int(major) else f"{major}.{minor}"
