"""Vertex is shown access tokens: fetched once for many calls, anew before they end, and told to nobody else."""

import json
import socket

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests import gateways
from tests.gateways import KEYS
from tests.providers import unary

KEY, FOREIGN_KEY = (rsa.generate_private_key(65537, 2048) for _ in range(2))
PUBLIC = KEY.public_key().public_numbers()
ECHOED = "ya29.told-by-whom-it-was-shown-to"
# An account for each test that counts tokens, since what was fetched is kept.
ACCOUNTS = ["shared", "renewed", "spared", "ended", "revoked", "failing", "foreign", "lost", "echoed"]


def private_key(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def account_file(folder, name, token_uri, key):
    """The file that Google Cloud gives for the key of a service account."""
    account = {
        "type": "service_account",
        "client_email": f"{name}@project.iam.gserviceaccount.com",
        "private_key_id": "a1b2c3",
        "private_key": private_key(key),
        "token_uri": token_uri,
    }
    path = folder / f"{name}.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(account))
    return path


@pytest.fixture(scope="module")
def google(start_provider):
    return start_provider(token_key=(PUBLIC.n, PUBLIC.e))


@pytest.fixture(scope="module")
def echo(start_script):
    """Hands out a token, and refuses whatever is asked in words that repeat it."""
    script = start_script()

    async def answer(request, writer):
        if request.head.startswith(b"POST /token"):
            token = {"access_token": ECHOED, "expires_in": 3600, "token_type": "Bearer"}
            writer.write(unary(json.dumps(token).encode()))
        else:
            error = {"code": 400, "message": f"Not for {ECHOED}", "status": "INVALID_ARGUMENT"}
            writer.write(unary(json.dumps({"error": error}).encode(), b"400 Bad Request"))

    script.answer = answer
    return script


@pytest.fixture(scope="module")
def closed_port():
    """Bound and not listening, so nobody else can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture(scope="module")
def vertex_gateway(start_gateway, tmp_path_factory, google, echo, closed_port, shared_providers):
    folder = tmp_path_factory.mktemp("accounts")
    config, tiers = KEYS + gateways.provider("second", shared_providers[1].base_url), "[tiers]\n"
    for name in ACCOUNTS:
        port = echo.port if name == "echoed" else google.port
        token_port = closed_port if name == "lost" else port
        key = FOREIGN_KEY if name == "foreign" else KEY
        file = account_file(folder, name, f"http://127.0.0.1:{token_port}/token", key)
        config += f"""
[providers.{name}]
dialect = "vertex"
base_url = "http://127.0.0.1:{port}"
parameters = {{ project = "project", location = "europe-west4" }}
keys = [{{ file = "{file}" }}]
"""
        tiers += f'after-{name} = ["{name}/gemini", "second/small"]\n'
    with start_gateway(config + tiers, "asgi") as gateway:
        yield gateway
        written = gateway.output() + json.dumps(gateway.access_log())
        secrets = [ECHOED, *issued(google), *private_key(KEY).splitlines()[1:-1]]
        assert not [secret for secret in secrets if secret in written]


@pytest.fixture
def ask(vertex_gateway, google, providers):
    """`ask(model)`: the answer, in which no token may be seen."""
    assert providers
    google.reset()

    def ask(model, **fields):
        answer = vertex_gateway.chat(model=model, **fields)
        seen = answer.text + str(answer.headers)
        assert not [token for token in [ECHOED, *issued(google)] if token in seen]
        return answer

    return ask


def issued(google):
    """The tokens that count, with their ends."""
    return google._simulator._api.state.access_tokens


def history(google):
    """What was asked for in turn: a token, or an answer with a token, of which each has a number."""
    shown = []
    for entry in google.journal:
        if entry.path != "/token" and entry.authorization not in shown:
            shown.append(entry.authorization)
    return ["token" if entry.path == "/token" else shown.index(entry.authorization) for entry in google.journal]


def test_one_token_is_fetched_for_many_calls(ask, google):
    answers = [ask(f"shared/{model}", stream=stream) for model in ("gemini", "claude") for stream in (False, True)]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert history(google) == ["token", 0, 0, 0, 0]


def test_a_token_that_ends_soon_is_fetched_anew_by_one_call(ask, google):
    google.attach("expires=200s;times=1", "token")
    answers = [ask("renewed/gemini") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert history(google) == ["token", 0, "token", 1, 1]


def test_a_token_that_may_end_on_its_way_is_shown_only_where_it_is_new(ask, google):
    google.attach("expires=5s", "token")
    answers = [ask("ended/gemini") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200] * 2
    assert history(google) == ["token", 0, "token", 1]


def test_a_token_serves_to_its_end_where_no_other_can_be_had(ask, google):
    google.attach("expires=200s;times=1", "token")
    ask("spared/gemini")
    google.attach("status=503", "token")

    assert ask("spared/gemini").status_code == 200
    assert history(google) == ["token", 0, "token", 0]


def test_a_token_that_was_revoked_is_fetched_anew_by_the_next_call(ask, google):
    ask("revoked/gemini")
    issued(google).clear()

    assert ask("after-revoked").headers["x-tiercel-attempts"] == "revoked/gemini: credential, second/small: answered"
    assert ask("revoked/gemini").status_code == 200
    assert history(google) == ["token", 0, 0, "token", 1]


@pytest.mark.parametrize(
    ("name", "fault", "word", "status", "code"),
    [
        ("failing", "status=503", "status_503", 502, "upstream_failed"),
        ("failing", "status=400", "credential", 503, "upstream_credentials_unavailable"),
        ("failing", "garble=1", "credential", 503, "upstream_credentials_unavailable"),
        ("foreign", None, "credential", 503, "upstream_credentials_unavailable"),
        ("lost", None, "connect", 502, "upstream_failed"),
    ],
)
def test_where_no_token_can_be_had_the_next_deployment_answers(ask, google, name, fault, word, status, code):
    if fault:
        google.attach(fault, "token")
    answer, alone = ask(f"after-{name}"), ask(f"{name}/gemini")

    assert answer.headers["x-tiercel-attempts"] == f"{name}/gemini: {word}, second/small: answered"
    assert (alone.status_code, alone.json()["error"]["code"]) == (status, code)
    assert alone.headers["x-should-retry"] == "false"
    assert 0 not in history(google)


def test_a_token_that_the_provider_repeats_is_not_passed_on(ask):
    answer = ask("echoed/gemini")

    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("Not for ")
