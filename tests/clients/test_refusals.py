"""What a provider cannot be told is refused by the name that the client has for it, or dropped and named on request."""

import pytest

from tests.clients.rows import REFUSED, but
from tests.clients.sdks import Question
from tests.clients.upstreams import named

DROP = {"x-tiercel-drop-unsupported": "true"}
ROWS = pytest.mark.parametrize(("client", "name"), REFUSED)


@ROWS
def test_a_field_is_refused_by_name_where_it_must_be_and_nowhere_else(sdks, simulator, client, name):
    extra, refusing = REFUSED[client, name]
    simulator.reset()

    for upstream in refusing:
        with pytest.raises(sdks[client].errors[400]) as raised:
            sdks[client].ask(Question(named(upstream), extra=extra))
        assert f": {name}; leave it out" in str(raised.value)
    assert simulator.journal == []

    for upstream in but(*refusing):
        sdks[client].ask(Question(named(upstream), extra=extra))
        assert "x-tiercel-dropped" not in sdks[client].head


@ROWS
def test_a_field_is_dropped_and_named_where_the_client_agrees(sdks, client, name):
    extra, refusing = REFUSED[client, name]
    agreed = {"http_options": {"headers": DROP}} if client == "gemini" else {"extra_headers": DROP}

    for upstream in refusing:
        answer = sdks[client].ask(Question(named(upstream), extra=extra | agreed))
        assert sdks[client].heard(answer).finish in {"stop", "tool_calls"}
        assert sdks[client].head["x-tiercel-dropped"] == name
