"""Deployments that fail as a test says, a set of them for each case, since a gateway remembers how they did."""

import contextlib
import hashlib
import json
import socket
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx

from tests import gateways
from tests.clients.sdks import SDKS, Question
from tests.clients.upstreams import UPSTREAMS as PROVIDERS
from tests.gateways import HTTP, KEY, PROVIDER_KEY
from tiercel.simulator.models import MODELS

CLIENTS = ("chat", "responses", "messages", "gemini")
DIALECTS = ("openai", "responses", "anthropic", "gemini", "bedrock", "cohere")
MODES = ("unary", "stream")
# Clients and providers: each dialect with itself, and each client across dialects.
PAIRS = (
    ("chat", "openai"),
    ("responses", "responses"),
    ("messages", "anthropic"),
    ("gemini", "gemini"),
    ("chat", "anthropic"),
    ("responses", "cohere"),
    ("messages", "openai"),
    ("gemini", "bedrock"),
)
# So many calls at a time that those which wait for a time-out wait together.
N_AT_ONCE = 12

PATHS = {
    "chat": "/v1/chat/completions",
    "responses": "/v1/responses",
    "messages": "/v1/messages",
    "gemini": "/v1beta/models/{model}:generateContent",
}
# The fault of a deployment whose provider does not have the model.
UNKNOWN = "unknown"
# How a call ends that does not end in an exception.
ANSWERED = "stop"
HELLO = "Explain the refund policy"


@dataclass(frozen=True)
class Case:
    """One client before one tier, the deployments of which are in one dialect and fail in their own ways.

    Attributes:
        faults: By deployment, in the simulator's grammar; nothing for one that is well, or `UNKNOWN`.
        settings: Of its first deployment, as in the configuration.
    """

    row: str
    client: str
    dialect: str
    mode: str
    faults: tuple[str, ...] = ("",)
    settings: str = ""

    @property
    def name(self):
        """Of the tier."""
        return "-".join((self.row.replace(" ", "-"), self.client, self.dialect, self.mode))

    @property
    def models(self):
        """Of its deployments, in order."""
        return [f"{self.name}-{letter}" for letter, _ in zip("abcd", self.faults, strict=False)]

    @property
    def deployments(self):
        return [f"{self.dialect}/{model}" for model in self.models]

    def configuration(self):
        """The settings of the first deployment."""
        return f'[deployments."{self.deployments[0]}"]\n{self.settings}\n' if self.settings else ""


def provider(name, dialect, origin, keys=("TIERCEL_TESTS_PROVIDER_KEY",)):
    """The table of a provider that speaks a dialect; `keys` are variables."""
    known = PROVIDERS[dialect]
    own = "" if known.settings.startswith("dialect") else f'dialect = "{dialect}"\n'
    table = gateways.provider(name, origin + known.path, f"{own}{known.settings}")
    shown = ", ".join(f'{{ env = "{key}" }}' for key in keys)
    return table.replace('{ env = "TIERCEL_TESTS_PROVIDER_KEY" }', shown)


def configuration(cases, origin, tiers=None):
    """One provider a dialect, and a tier for each case or, where `tiers` says so, of its own making."""
    tiers = {case.name: case.deployments for case in cases} | (tiers or {})
    tables = [provider(dialect, dialect, origin) for dialect in DIALECTS]
    tables += [case.configuration() for case in cases]
    tables += ["[tiers]\n", *(f"{name} = {json.dumps(deployments)}\n" for name, deployments in tiers.items())]
    return "".join(tables)


@contextlib.contextmanager
def closed_port():
    """A port that refuses connections: bound and not listening, so nobody else can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


class Upstream:
    """The simulator that plays all the providers of `cases`."""

    def __init__(self, start_provider, cases, **settings):
        faults = {
            model: fault
            for case in cases
            for model, fault in zip(case.models, case.faults, strict=True)
            if fault not in {"", UNKNOWN}
        }
        models = {
            model: MODELS["medium"]
            for case in cases
            for model, fault in zip(case.models, case.faults, strict=True)
            if fault != UNKNOWN
        }
        self.provider = start_provider(models=models, faults=faults, **settings)
        self.origin = self.provider.base_url.removesuffix("/v1")

    def entries(self):
        """What was received, by model."""
        entries = defaultdict(list)
        for entry in self.provider.journal:
            entries[entry.model].append(entry)
        return entries

    def asked(self, cases):
        """The letters of each case's deployments, in the order in which they were asked."""
        places = {
            model: (case.name, letter) for case in cases for model, letter in zip(case.models, "abcd", strict=False)
        }
        asked = dict.fromkeys([case.name for case in cases], "")
        for name, letter in (places[entry.model] for entry in self.provider.journal if entry.model in places):
            asked[name] += letter
        return asked


def at_once(function, cases):
    """`function` of each case by its name, many at a time."""
    with ThreadPoolExecutor(N_AT_ONCE) as pool:
        return dict(zip([case.name for case in cases], pool.map(function, cases), strict=True))


@contextlib.contextmanager
def meanwhile(function, cases):
    """`function` of each case, begun before the block and waited for after it."""
    with ThreadPoolExecutor(len(cases)) as pool:
        running = [pool.submit(function, case) for case in cases]
        yield
        for each in running:
            each.result()


@contextlib.contextmanager
def sdks(gateway):
    """Each official SDK before the gateway."""
    with contextlib.ExitStack() as stack:
        yield {
            name: stack.enter_context(contextlib.closing(sdk(gateway.url, gateway.key))) for name, sdk in SDKS.items()
        }


def hear(sdk, case):
    """`ANSWERED`, or the exception that the SDK raises."""
    ask = sdk.stream if case.mode == "stream" else sdk.ask
    try:
        return sdk.heard(ask(Question(case.name))).finish
    except sdk.errors[None] as error:
        return error


def status(error):
    """The HTTP status in an SDK's exception."""
    return getattr(error, "status_code", None) or getattr(error, "code", None)


def request(client, model, *, stream=False, text=HELLO):
    """Path and body of a question in a client's dialect, as its SDK would send it."""
    path, body = PATHS[client].format(model=model), {"model": model}
    match client:
        case "chat" | "messages":
            body |= {"messages": [{"role": "user", "content": text}], "max_tokens": 4000}
        case "responses":
            body |= {"input": text}
        case "gemini":
            body = {"contents": [{"role": "user", "parts": [{"text": text}]}]}
            if stream:
                path = path.replace(":generateContent", ":streamGenerateContent?alt=sse")
    return path, body | ({"stream": True} if stream and client != "gemini" else {})


def ask(gateway, client, model, *, stream=False, text=HELLO, headers=None):
    """The answer to a client, without an SDK."""
    path, body = request(client, model, stream=stream, text=text)
    headers = {"authorization": f"Bearer {KEY}", **(headers or {})}
    return httpx.post(gateway.url + path, json=body, headers=headers, **HTTP)


def logged(gateway, answers):
    """The line of the log that tells of each of `answers`, by their names, once all are there."""
    ids = {answer.headers["x-request-id"]: name for name, answer in answers.items()}

    def lines():
        return {ids[line["request_id"]]: line for line in gateway.access_log() if line["request_id"] in ids}

    gateways.eventually(lambda: len(lines()) == len(ids))
    return lines()


def is_of(entry, key=PROVIDER_KEY):
    """Whether a request came with that key, in whatever header its dialect has for it."""
    shown = (key, f"Bearer {key}")
    return entry.authorization in {hashlib.sha256(each.encode()).hexdigest() for each in shown}
