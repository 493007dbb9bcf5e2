"""The token endpoint, and Vertex for those who have been there."""

import time
from base64 import urlsafe_b64encode
from urllib.parse import urlencode

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.simulator.asking import answered, exchange, put, simulate
from tests.simulator.speakers import Question

KEY, OTHER = (rsa.generate_private_key(65537, 2048) for _ in range(2))
PUBLIC = KEY.public_key().public_numbers()
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def assertion(simulator, head=(), key=KEY, **claims):
    """A JWT as a service account makes it."""
    now = int(time.time())
    said = {"iss": "a@b.test", "scope": "all", "aud": f"{simulator.origin}/token", "iat": now, "exp": now + 3600}
    parts = [encoded(orjson.dumps({"alg": "RS256", "typ": "JWT", **dict(head)})), encoded(orjson.dumps(said | claims))]
    signature = key.sign(b".".join(parts), padding.PKCS1v15(), SHA256())
    return b".".join([*parts, encoded(signature)]).decode()


def encoded(data):
    return urlsafe_b64encode(data).rstrip(b"=")


async def ask(simulator, assertion, grant=GRANT):
    body = urlencode({"grant_type": grant, "assertion": assertion}).encode()
    head = f"POST /token HTTP/1.1\r\nhost: 127.0.0.1:{simulator.port}\r\nconnection: close\r\n"
    request = f"{head}content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n\r\n"
    return answered(*await exchange(simulator, request.encode() + body))


def test_a_token_opens_vertex_until_it_expires():
    async def check(simulator, _):
        async def status(token):
            return (await put(simulator, "vertex", Question(), authorization=f"Bearer {token}")).status

        good = orjson.loads((await ask(simulator, assertion(simulator))).body)
        simulator.faults.attach("token", "expires=0s;times=1")
        short = orjson.loads((await ask(simulator, assertion(simulator))).body)
        used = [await status(good["access_token"]), await status(short["access_token"]), await status("none")]
        return good, short, used, simulator.journal.entries[0]

    good, short, used, entry = simulate(check, token_key=(PUBLIC.n, PUBLIC.e))
    assert (good["expires_in"], good["token_type"], short["expires_in"]) == (3599, "Bearer", 0)
    assert used == [200, 401, 401]
    assert (entry.path, entry.dialect) == ("/token", "token")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, None),
        ({"aud": "https://oauth2.googleapis.com/token"}, None),
        ({"key": OTHER}, "Signature"),
        ({"head": {"alg": "HS256"}}, "RS256"),
        ({"head": {"typ": "X"}}, "RS256"),
        ({"iss": ""}, "iss"),
        ({"scope": None}, "scope"),
        ({"aud": "https://elsewhere.test/token"}, "aud"),
        ({"iat": "now"}, "iat"),
        ({"exp": 1}, "an hour"),
        ({"exp": int(time.time()) + 72_000}, "an hour"),
        ({"iat": int(time.time()) + 72_000}, "an hour"),
    ],
)
def test_assertions_are_checked_as_google_does(changes, told):
    async def check(simulator, _):
        return await ask(simulator, assertion(simulator, **changes))

    answer = simulate(check, token_key=(PUBLIC.n, PUBLIC.e))
    body = orjson.loads(answer.body)
    assert answer.status == (200 if told is None else 400)
    assert told is None or body["error"] == "invalid_grant"
    assert told is None or told in body["error_description"]


@pytest.mark.parametrize(
    ("text", "grant", "fault", "status", "error"),
    [
        ("", GRANT, "", 400, "invalid_grant"),
        ("a.b.c", GRANT, "", 400, "invalid_grant"),
        ("a.b", GRANT, "", 400, "invalid_grant"),
        ("a.b.c", "password", "", 400, "unsupported_grant_type"),
        ("a.b.c", GRANT, "status=503", 503, "server_error"),
    ],
)
def test_what_is_no_request_for_a_token_is_refused(text, grant, fault, status, error):
    async def check(simulator, _):
        if fault:
            simulator.faults.attach("token", fault)
        return await ask(simulator, text, grant)

    answer = simulate(check)
    assert (answer.status, orjson.loads(answer.body)["error"]) == (status, error)


def test_a_fault_of_all_models_leaves_the_token_endpoint_alone():
    async def check(simulator, _):
        return await ask(simulator, assertion(simulator)), await put(simulator, "vertex", Question())

    token, answer = simulate(check, faults={None: "status=503"})
    assert (token.status, answer.status) == (200, 503)


@pytest.mark.parametrize("fields", [{"model": "small"}, {"anthropic_version": None}])
def test_on_vertex_the_path_names_the_model_and_the_body_the_version(fields):
    async def check(simulator, _):
        return await put(simulator, "vertex anthropic", Question(), fields=fields)

    assert simulate(check).status == 400
