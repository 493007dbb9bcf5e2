"""What goes to Bedrock is addressed and signed as AWS's own library does it, which judges it here."""

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.session import Session

from tests.gateways import KEYS
from tests.providers import unary

REGION = "eu-central-1"
KEY_ID, SECRET, TOKEN = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token+of/a==session"
ENVIRONMENT = {"TIERCEL_TESTS_KEY_ID": KEY_ID, "TIERCEL_TESTS_SECRET": SECRET, "TIERCEL_TESTS_TOKEN": TOKEN}
# What a signature comes with, and what is added when all is signed.
ADDED = {"authorization", "x-amz-date", "x-amz-security-token", "content-length", "accept-encoding"}
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
# By the name of the provider whose key it is.
SESSIONS = {"lasting": None, "temporary": TOKEN}
MODELS = [
    "amazon.nova-lite",
    "eu.anthropic.claude-haiku-4-5-20251001-v1:0",
    f"arn:aws:bedrock:{REGION}:123456789012:application-inference-profile/a1b2c3d4e5f6",
]
ANSWER = unary(
    b'{"output":{"message":{"role":"assistant","content":[{"text":"Hello"}]}},"stopReason":"end_turn",'
    b'"usage":{"inputTokens":3,"outputTokens":1,"totalTokens":4},"metrics":{"latencyMs":1}}'
)


@pytest.fixture(scope="module")
def script(start_script):
    script = start_script()

    async def answer(_, writer):
        writer.write(ANSWER)

    script.answer = answer
    return script


@pytest.fixture(scope="module")
def origin(script):
    return f"http://127.0.0.1:{script.port}"


@pytest.fixture(scope="module")
def signing_gateway(start_gateway, origin):
    config = KEYS
    for name, token in SESSIONS.items():
        session = ', session_token = { env = "TIERCEL_TESTS_TOKEN" }' if token else ""
        config += f"""
[providers.{name}]
dialect = "bedrock"
base_url = "{origin}"
parameters = {{ region = "{REGION}" }}
keys = [{{ env = "TIERCEL_TESTS_SECRET", access_key_id = {{ env = "TIERCEL_TESTS_KEY_ID" }}{session} }}]
"""
    with start_gateway(config, "asgi", environment=ENVIRONMENT) as gateway:
        yield gateway


@pytest.fixture
def ask(signing_gateway, script):
    """`ask(name, model, stream)`: what the provider `name` receives."""

    def ask(name, model, *, stream=False):
        script.requests.clear()
        # Passed on and not signed, since proxies rewrite it on the way.
        signing_gateway.chat(model=f"{name}/{model}", stream=stream, headers={"traceparent": TRACE})
        return script.requests[0]

    return ask


def target(received):
    return received.head.split(b" ", 2)[1].decode()


def signed_by_botocore(received, origin, token, monkeypatch):
    """The headers of the request once botocore has signed it, at the moment at which it was signed before."""
    lines = (line.split(": ", 1) for line in received.head.decode().split("\r\n")[1:] if line)
    headers = {name: value for name, value in lines if name not in ADDED}
    moment = datetime.strptime(received.header("x-amz-date"), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: moment)
    request = AWSRequest("POST", origin + target(received), headers, received.body)
    SigV4Auth(Credentials(KEY_ID, SECRET, token), "bedrock", REGION).add_auth(request)
    return request.headers


@pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
@pytest.mark.parametrize("name", SESSIONS)
@pytest.mark.parametrize("model", MODELS)
def test_botocore_signs_the_request_as_it_was_signed(ask, origin, monkeypatch, model, name, stream):
    received = ask(name, model, stream=stream)
    signed = signed_by_botocore(received, origin, SESSIONS[name], monkeypatch)

    assert received.header("traceparent") == TRACE
    assert received.header("authorization") == signed["Authorization"]
    assert received.header("x-amz-security-token") == signed["X-Amz-Security-Token"] == SESSIONS[name]


@pytest.mark.parametrize("model", MODELS)
def test_botocores_client_for_bedrock_asks_at_the_same_address(ask, script, origin, model):
    mine = ask("lasting", model)
    config = Config(proxies={}, retries={"max_attempts": 1})
    client = Session().create_client(
        "bedrock-runtime",
        REGION,
        endpoint_url=origin,
        aws_access_key_id=KEY_ID,
        aws_secret_access_key=SECRET,
        config=config,
    )
    client.converse(modelId=model, messages=[{"role": "user", "content": [{"text": "Hello"}]}])
    client.close()

    assert target(mine) == target(script.requests[-1])
