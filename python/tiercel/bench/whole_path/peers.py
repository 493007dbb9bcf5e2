"""The other gateways, each where it is installed."""

from __future__ import annotations

import json
from pathlib import Path

from tiercel.bench.rows import Missing
from tiercel.bench.whole_path.contenders import CLIENT_KEY, MODEL, SECRETS, Contender, Setup, found

TENSORZERO_SERVER = Path(__file__).with_name("tensorzero_server.py")


def tensorzero(python: str | None) -> Contender | Missing:
    """TensorZero, by the HTTP gateway that its wheel embeds: the same Rust code as the server's."""
    python = found("tensorzero", python, None)
    if python is None:
        install = "python3 -m venv V && V/bin/pip install tensorzero, then --peer tensorzero=V/bin/python"
        return Missing("tensorzero", install)

    def command(setup: Setup) -> list[str]:
        config = setup.folder / "tensorzero.toml"
        config.write_text(f"""\
[models.bench]
routing = ["upstream"]

[models.bench.providers.upstream]
type = "openai"
api_base = "{setup.upstream}/v1"
model_name = "{MODEL}"
api_key_location = "env::BENCH_UPSTREAM_KEY"
""")
        return [python, str(TENSORZERO_SERVER), str(config)]

    return Contender(
        "tensorzero",
        "its wheel's embedded HTTP gateway, no database: so no keys, and nothing observed",
        command,
        path="/openai/v1/chat/completions",
        model="tensorzero::model_name::bench",
        environment=SECRETS,
        announces_port=True,
        tls=True,
    )


def litellm(program: str | None) -> Contender | Missing:
    """LiteLLM's proxy."""
    program = found("litellm", program, "litellm")
    if program is None:
        install = "python3 -m venv V && V/bin/pip install 'litellm[proxy]', then --peer litellm=V/bin/litellm"
        return Missing("litellm", install)

    def command(setup: Setup) -> list[str]:
        config = setup.folder / "litellm.yaml"
        parameters = {"model": f"openai/{MODEL}", "api_base": f"{setup.upstream}/v1", "api_key": "sk-upstream"}
        # JSON is YAML.
        config.write_text(
            json.dumps(
                {
                    "model_list": [{"model_name": MODEL, "litellm_params": parameters}],
                    "general_settings": {"master_key": CLIENT_KEY},
                }
            )
        )
        flags = {"config": config, "host": "127.0.0.1", "port": setup.port, "num_workers": setup.n_workers}
        return [program, *(word for flag, value in flags.items() for word in (f"--{flag}", str(value)))]

    # Without this it waits for prices from the network before it starts.
    environment = {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    return Contender("litellm", "master key, uvicorn, access log", command, environment=environment)


def bifrost(program: str | None) -> Contender | Missing:
    """Bifrost's HTTP transport."""
    program = found("bifrost", program, "bifrost-http")
    if program is None:
        return Missing("bifrost", "its releases have a `bifrost-http` for each platform: --peer bifrost=PATH")

    def command(setup: Setup) -> list[str]:
        key = {"name": "bench", "value": "env.BENCH_UPSTREAM_KEY", "models": ["*"], "weight": 1.0}
        provider = {"keys": [key], "network_config": {"base_url": setup.upstream}}
        (setup.folder / "config.json").write_text(
            json.dumps({"providers": {"openai": provider}, "config_store": {"enabled": False}})
        )
        return [program, "-host", "127.0.0.1", "-port", str(setup.port), "-app-dir", str(setup.folder)]

    note = "no virtual keys, which need a database"
    return Contender("bifrost", note, command, model=f"openai/{MODEL}", environment=SECRETS, tls=True)


def portkey(program: str | None) -> Contender | Missing:
    """Portkey's gateway of one process, whose requests say whom to ask."""
    program = found("portkey", program, None)
    if program is None:
        # By a later server its streams are answered with 500: its issue 1389.
        package = '{"dependencies": {"@portkey-ai/gateway": "1"}, "overrides": {"@hono/node-server": "1.14.1"}}'
        install = (
            f"mkdir V && echo '{package}' > V/package.json && npm install --legacy-peer-deps --prefix V, "
            "then --peer portkey=V/node_modules/.bin/gateway"
        )
        return Missing("portkey", install)

    def command(setup: Setup) -> list[str]:
        return [program, f"--port={setup.port}", "--headless"]

    def headers(setup: Setup) -> dict[str, str]:
        return {"x-portkey-provider": "openai", "x-portkey-custom-host": f"{setup.upstream}/v1"}

    return Contender("portkey", "no keys, no log", command, headers=headers)
