"""AWS's signature as the simulator judges it; the signatures of the first rows are botocore's."""

from calendar import timegm

import pytest

from tests.simulator.asking import put, simulate
from tests.simulator.speakers import Question
from tiercel.simulator.connection import Request
from tiercel.simulator.dialects.bedrock.signature import verify
from tiercel.simulator.errors import ApiError

# AWS's own example of a secret.
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
NOW = timegm((2026, 11, 25, 1, 2, 3))
PLAIN = "6da405fcec27094e800e112ae0c5dd0dbf21a65a8e5cd3d8e9d648a7edb37c7d"
PROFILE = "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.nova-v1%3A0"


def signed(signature=PLAIN, path="/model/nova/converse", query="", names="content-type;host;x-amz-date", **changes):
    headers = {
        "host": "127.0.0.1:8000",
        "content-type": "application/json",
        "x-amz-date": "20261125T010203Z",
        "authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261125/us-east-1/bedrock/aws4_request, "
        f"SignedHeaders={names}, Signature={signature}",
    } | {name.replace("_", "-"): value for name, value in changes.items() if name != "body"}
    return Request("POST", path, query, list(headers.items()), changes.get("body", b'{"messages":[]}'), keep_alive=True)


@pytest.mark.parametrize(
    "request_",
    [
        signed(),
        signed(content_type="  application/json "),
        signed(
            "085ac27ec26264e0400cb43c28919536c749beeb0186bf7cf30d701f64b761e9",
            f"/model/{PROFILE}/converse-stream",
            names="content-type;host;x-amz-date;x-amz-security-token",
            x_amz_security_token="token",
        ),
        signed("2cc905d9d06e7377523393b85cf6c34846c62b44e340b61ba18b744feffc47ae", query="b=2&a=%2F1"),
    ],
    ids=["plain", "spaces around a value", "an ARN and a session's token", "a query"],
)
def test_what_botocore_signs_is_accepted(request_):
    verify(request_, SECRET, NOW)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (signed(PLAIN[::-1]), "InvalidSignature"),
        (signed(body=b"{}"), "InvalidSignature"),
        (signed(path="/model/other/converse"), "InvalidSignature"),
        (signed(query="a=1"), "InvalidSignature"),
        (signed(content_type="text/plain"), "InvalidSignature"),
        (signed(x_amz_content_sha256="0" * 64), "InvalidSignature"),
        (signed(names="host"), "InvalidSignature"),
        (signed(names="x-amz-date;host"), "InvalidSignature"),
        (signed(x_amz_date="20261125T020203Z"), "InvalidSignature"),
        (signed(x_amz_date="now"), "IncompleteSignature"),
        (signed("abc"), "IncompleteSignature"),
        (signed(authorization="AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE"), "IncompleteSignature"),
    ],
)
def test_what_was_altered_or_is_incomplete_is_refused(request_, code):
    with pytest.raises(ApiError) as raised:
        verify(request_, SECRET, NOW)

    assert (raised.value.status, raised.value.code) == (403, f"{code}Exception")


def test_without_the_secret_the_form_alone_is_checked():
    verify(signed("0" * 64), None, NOW)


def test_where_requests_must_be_signed_a_key_is_not_enough():
    async def check(simulator, _):
        unsigned = await put(simulator, "bedrock", Question(), authorization="Bearer key")
        late = await put(simulator, "bedrock", Question(), **dict(signed().headers[2:]))
        return unsigned, late

    unsigned, late = simulate(check, aws_secret=SECRET)
    assert (unsigned.status, unsigned.headers["x-amzn-errortype"][:21]) == (403, "AccessDeniedException")
    assert (late.status, late.headers["x-amzn-errortype"][:25]) == (403, "InvalidSignatureException")
