"""Providers over TLS: those whose certificates can be trusted, and no others."""

import ssl
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from tests import gateways
from tests.gateways import KEYS
from tests.providers import HELLO

FAILURE = "no trusted TLS connection to the provider came about"


def server_context(authority, *names, version=None, **options):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(*names, **options).configure_cert(context)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context


@pytest.fixture(scope="module")
def shared_servers(start_provider):
    """Simulators by what there is to say of their certificates."""
    authority, stranger = trustme.CA(), trustme.CA()
    yesterday = datetime.now(UTC) - timedelta(days=1)
    contexts = {
        "good": server_context(authority, "127.0.0.1"),
        "named": server_context(authority, "localhost"),
        "tls12": server_context(authority, "127.0.0.1", version=ssl.TLSVersion.TLSv1_2),
        "tls13": server_context(authority, "127.0.0.1", version=ssl.TLSVersion.TLSv1_3),
        "stranger": server_context(stranger, "127.0.0.1"),
        "misnamed": server_context(authority, "other.example"),
        "expired": server_context(authority, "127.0.0.1", not_after=yesterday),
    }
    servers = {name: start_provider(tls=context) for name, context in contexts.items()}
    return authority, servers


@pytest.fixture(scope="module")
def tls_gateway(start_gateway, interface, shared_servers, shared_providers, tmp_path_factory):
    """A tier for each server, with a plain one behind it."""
    authority, servers = shared_servers
    folder = tmp_path_factory.mktemp("authority")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    urls = {name: server.base_url for name, server in servers.items()}
    urls["named"] = urls["named"].replace("127.0.0.1", "localhost")
    urls["no_tls"] = shared_providers[0].base_url.replace("http", "https")
    config = KEYS + "".join(gateways.provider(name, url, f'ca_file = "{folder}/ca.pem"') for name, url in urls.items())
    config += gateways.provider("unconfigured", urls["good"])
    config += gateways.provider("system", urls["good"], f'ca_file = "{folder}/ca.pem"\nroots = "system"')
    config += gateways.provider("plain", shared_providers[1].base_url) + "[tiers]\n"
    for name in (*urls, "unconfigured", "system"):
        config += f'{name} = ["{name}/small", "plain/small"]\nonly_{name} = ["{name}/small"]\n'
    with start_gateway(config, interface) as gateway:
        yield gateway


@pytest.mark.parametrize("stream", [False, True], ids=["unary", "stream"])
@pytest.mark.parametrize("name", ["good", "named", "tls12", "tls13", "system"])
def test_a_certificate_of_the_configured_authority_is_trusted(tls_gateway, name, stream):
    answer = tls_gateway.chat(model=name, stream=stream)

    assert answer.status_code == 200
    assert answer.headers["x-tiercel-attempts"] == f"{name}/small: {'answering' if stream else 'answered'}"
    if stream:
        assert answer.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("name", ["stranger", "misnamed", "expired", "unconfigured", "no_tls"])
def test_any_other_is_not_and_gets_no_request(tls_gateway, shared_servers, name):
    _, servers = shared_servers
    answer = tls_gateway.chat(model=f"only_{name}")

    assert answer.status_code == 502
    assert answer.json()["error"]["message"] == f"{FAILURE}; tried {', '.join([f'{name}/small: tls'] * 3)}"
    if name in servers:
        assert servers[name].journal == []


@pytest.mark.parametrize("name", ["stranger", "misnamed", "expired", "unconfigured", "no_tls"])
def test_the_next_deployment_answers_instead(tls_gateway, name):
    answer = tls_gateway.chat(model=name)

    assert answer.headers["x-tiercel-attempts"] == f"{name}/small: tls, plain/small: answered"


@pytest.mark.parametrize(("fault", "word"), [("cut=1", "truncated"), ("reset=1", "truncated")])
def test_a_broken_answer_is_noticed_over_tls_too(tls_gateway, shared_servers, fault, word):
    _, servers = shared_servers
    servers["good"].attach(fault)
    answer = tls_gateway.chat(model="good", stream=True)
    servers["good"].reset()

    assert answer.headers["x-tiercel-attempts"] == f"good/small: {word}, plain/small: answering"


def test_connections_over_tls_are_used_again(start_gateway, start_script, interface, tmp_path):
    """Ten calls, one handshake."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    script = start_script(ssl=server_context(authority, "127.0.0.1"))

    async def answer(_, writer):
        writer.write(HELLO)

    script.reset(answer)
    provider = gateways.provider("script", f"https://127.0.0.1:{script.port}/v1", f'ca_file = "{tmp_path}/ca.pem"')
    with start_gateway(KEYS + provider + '[tiers]\nscripted = ["script/model"]\n', interface) as gateway:
        statuses = [gateway.chat(model="scripted").status_code for _ in range(10)]

    assert statuses == [200] * 10
    assert script.n_connections == 1
