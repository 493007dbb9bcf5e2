"""What the command line tells of providers and models."""

import re

import orjson
import pytest

from tests.command_line import LOCAL, check_refused, tiercel

PROVIDERS = [
    pytest.param("openai", {"OPENAI_API_KEY": "canary"}, "api.openai.com", "OPENAI_API_KEY", "yes", id="a key"),
    pytest.param("openai", {}, "api.openai.com", "OPENAI_API_KEY", "no", id="no key"),
    pytest.param("ollama", {}, "127.0.0.1:11434", "", "no key needed", id="one that needs no key"),
    pytest.param(
        "azure",
        {"AZURE_OPENAI_API_KEY": "canary"},
        "{resource}.openai.azure.com",
        "AZURE_OPENAI_API_KEY",
        "lacks AZURE_RESOURCE_NAME",
        id="a key that does not suffice",
    ),
    pytest.param(
        "bedrock",
        {"AWS_BEARER_TOKEN_BEDROCK": "canary"},
        "bedrock-runtime.{region}.amazonaws.com",
        "AWS_BEARER_TOKEN_BEDROCK",
        "yes",
        id="one of several keys",
    ),
]


@pytest.mark.parametrize(("name", "environment", "host", "variable", "at_hand"), PROVIDERS)
def test_what_providers_shows(tmp_path, name, environment, host, variable, at_hand):
    table = tiercel("providers", folder=tmp_path, environment=environment).stdout
    alone = tiercel("providers", name, folder=tmp_path, environment=environment).stdout
    record = orjson.loads(tiercel("providers", name, "--json", folder=tmp_path, environment=environment).stdout)

    (row,) = (line for line in table.splitlines() if line.split()[0] == name)
    expected = [name, record["dialect"], host, *filter(None, [variable]), at_hand, "described"]
    assert expected == re.split(r"  +", row.strip())
    assert re.search(rf"at hand +{re.escape(at_hand)} *\n", alone)
    assert record["base_url"].split("/")[2] == host
    assert "canary" not in table + alone + str(record)


def test_every_provider_for_a_program(tmp_path):
    records = orjson.loads(tiercel("providers", "--json", folder=tmp_path).stdout)

    assert len(records) >= 100
    (azure,) = (record for record in records if record["id"] == "azure")
    assert azure["parameters"] == {"resource": {"env": "AZURE_RESOURCE_NAME", "default": None}}


def test_a_provider_that_there_is_not(tmp_path):
    said = "error: there is no provider `opnai` in the catalogue\nhint: did you mean `openai`?\n"

    check_refused(tmp_path, ["providers", "opnai"], 1, said)
    check_refused(tmp_path, ["models", "--provider", "opnai"], 1, said)
    (tmp_path / "tiercel.toml").write_text(LOCAL)
    said = "error: there is no provider `openai` in the configuration\n"
    check_refused(tmp_path, ["models", "--configured", "--provider", "openai"], 1, said)


def test_what_models_shows(tmp_path):
    table = tiercel("models", "--provider", "openai", folder=tmp_path).stdout
    records = orjson.loads(tiercel("models", "--provider", "openai", "--json", folder=tmp_path).stdout)

    rows = [re.split(r"  +", line.strip()) for line in table.splitlines()]
    assert rows[0] == ["model", "context", "input", "output", "can"]
    assert ["openai/gpt-4o-mini", "128,000", "0.15", "0.6", "vision, tools, json_schema"] in rows
    (record,) = (record for record in records if record["name"] == "gpt-4o-mini")
    assert record == {
        "provider": "openai",
        "name": "gpt-4o-mini",
        "context_window": 128_000,
        "input": 0.15,
        "output": 0.6,
        "cache_read": 0.075,
        "cache_write": 0.15,
        "capabilities": ["vision", "tools", "json_schema"],
    }


def test_the_models_of_a_configuration_have_its_prices(tmp_path):
    (tmp_path / "tiercel.toml").write_text(
        LOCAL.replace('"local/b"', '"openai/gpt-4o-mini-2024-07-18"')
        + '[prices]\n"local/a" = { input = 0.05, output = 1 }\n[providers.openai]\n'
    )

    told = tiercel("models", "--configured", folder=tmp_path, environment={"OPENAI_API_KEY": "canary"})

    assert [re.split(r"  +", line.strip()) for line in told.stdout.splitlines()[1:]] == [
        ["local/a", "?", "0.05", "1", "?"],
        ["openai/gpt-4o-mini-2024-07-18", "128,000", "0.15", "0.6", "vision, tools, json_schema"],
    ]
