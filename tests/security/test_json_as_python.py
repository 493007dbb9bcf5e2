"""Random bodies, of which the gateway takes those that Python's `json` takes, and passes them on byte for byte."""

import http.client
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateways import KEY
from tests.security.raw import CHAT

# Pieces of JSON and of what is none, well put together or not.
TOKENS = st.one_of(
    st.sampled_from("{}[],:\"\\01-.e+ \t\n\0\x7f\u00a0\u2028\ufeff\ud800/'"),
    st.sampled_from(['"a":', '"a"', '"\\u0061":', '"é":', '\\"', "true", "null", "NaN", "Infinity", "E+", "1.5"]),
    st.sampled_from(["\\ud83d", "\\ude00", "\\u", "\\x"]),
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
STYLES = st.fixed_dictionaries({"ensure_ascii": st.booleans(), "indent": st.sampled_from([None, 0, "\t"])})
JSON = st.builds(lambda value, style: json.dumps(value, **style), VALUES, STYLES)


@st.composite
def near_json(draw):
    """JSON with something put in, cut out or doubled; or a heap of pieces."""
    text = draw(JSON | st.lists(TOKENS, max_size=12).map("".join))
    for _ in range(draw(st.integers(0, 2))):
        at, until = sorted(draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))
        text = text[:at] + draw(TOKENS | st.just(text[at:until] * 2) | st.just("")) + text[until:]
    return text


def is_request(data):
    """Whether Python's `json`, without its extensions, reads an object whose own keys are whole and unlike."""
    names: list[str] = []

    def refuse(word):
        raise ValueError(word)

    def keep(members):
        # The outermost object is the last to be built.
        names[:] = [name for name, _ in members]
        return dict(members)

    try:
        json.loads(data.decode(), parse_constant=refuse, parse_int=str, parse_float=str, object_pairs_hook=keep)
        return len({name.encode() for name in names}) == len(names)
    except ValueError:
        return False


def test_the_gateway_reads_json_as_python_does(guarded, upstream):
    connection = http.client.HTTPConnection("127.0.0.1", guarded.port)
    n_requests = {True: 0, False: 0}

    @settings(
        max_examples=1000, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(near_json())
    def check(text):
        extra = text.encode("utf-8", "surrogatepass")
        data = b'{"model":"m","messages":[{"role":"user","content":"Hello"}],"extra":%b}' % extra
        upstream.requests.clear()
        connection.request("POST", CHAT, data, {"Authorization": f"Bearer {KEY}"})
        answer = connection.getresponse()
        answer.read()

        assert answer.status == (200 if is_request(data) else 400)
        assert [received.body for received in upstream.requests] == ([data] if is_request(data) else [])
        n_requests[is_request(data)] += 1

    check()
    connection.close()

    assert min(n_requests.values()) > 100
