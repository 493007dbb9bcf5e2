"""The command line as its users meet it: real processes, their streams, their exit codes."""

import http.client
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import tomllib
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest

from tests.command_line import ENVIRONMENT, LOCAL, OPEN, PATIENCE, TIERCEL, check_refused, tiercel
from tiercel import __version__
from tiercel.simulator import PRICES

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("command", ["serve --config", "check", "route hello --config"])
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param(
            "[server]\nprot = 1\n",
            "error: my.toml:2:1: unknown field `prot`\n  prot = …\n  ^^^^\nhint: did you mean `port`?\n",
            id="an unknown field has a line, a caret and a hint",
        ),
        pytest.param(
            '[providers.openai]\nkeys = [{ env = "NO_SUCH_KEY" }]\n',
            "error: my.toml:2:17: environment variable NO_SUCH_KEY is not set\n"
            '  keys = [{ env = "NO_SUCH_KEY" }]\n'
            "                  ^^^^^^^^^^^^^\n",
            id="a missing environment variable is shown where it is named",
        ),
        pytest.param(
            '[providers.openai]\nkeys = ["sk-canary"]\n',
            "error: my.toml:2:9: a secret must not be written here\n"
            "  keys = [*** …\n"
            "          ^^^\n"
            'hint: secrets are never written here: use { env = "NAME" } or { file = "PATH" }\n',
            id="a secret in the file is not repeated",
        ),
    ],
)
def test_a_configuration_that_is_wrong(tmp_path, command, written, expected):
    (tmp_path / "my.toml").write_text(written)

    check_refused(tmp_path, [*command.split(), "my.toml"], 2, expected)


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        pytest.param(
            ["--config", "none.toml"],
            {},
            "error: none.toml: No such file or directory (os error 2)\n",
            id="a file that is not there",
        ),
        pytest.param(
            [],
            {"TIERCEL_CONFIG": "none.toml"},
            "error: none.toml: No such file or directory (os error 2)\n",
            id="a file that is not there, named by the environment",
        ),
        pytest.param(
            ["--config", "."],
            {},
            "error: .: Is a directory (os error 21)\n",
            id="a folder",
        ),
        pytest.param(
            ["--config", "latin.toml"],
            {},
            "error: latin.toml: stream did not contain valid UTF-8\n",
            id="a file that is no text",
        ),
        pytest.param(
            ["--config", "local.toml", "--host", "0.0.0.0"],
            {},
            "error: local.toml:1:1: `0.0.0.0` can be reached by others, and there is no client key\n"
            'hint: add one: [[keys]] with name = "me" and key = { env = "TIERCEL_KEY" }; or listen on 127.0.0.1\n',
            id="an address that others reach, without keys",
        ),
        pytest.param(
            ["--config", "open.toml", "--host", "192.0.2.1", "--port", "8080"],
            {"SHOP_KEY": "a-key-of-enough-length-for-anyone"},
            "error: cannot listen on 192.0.2.1:8080: cannot assign requested address\n",
            id="an address that is not this machine's",
        ),
        pytest.param(
            ["--config", "open.toml", "--host", "no-such-host.invalid", "--port", "8080"],
            {"SHOP_KEY": "a-key-of-enough-length-for-anyone"},
            "error: cannot listen on no-such-host.invalid:8080: ",
            id="a host that has no address",
        ),
        pytest.param(["--port", "70000"], {}, "'--port'", id="a port too large"),
        pytest.param(["--workers", "0"], {}, "'--workers'", id="no workers"),
        pytest.param(["--interface", "wsgi"], {}, "'--interface'", id="an interface that there is not"),
    ],
)
def test_what_cannot_be_served(tmp_path, arguments, environment, expected):
    (tmp_path / "latin.toml").write_bytes(b"# \xe9\n")
    (tmp_path / "local.toml").write_text(LOCAL)
    (tmp_path / "open.toml").write_text(OPEN + LOCAL)

    ended = tiercel("serve", *arguments, folder=tmp_path, environment=environment)

    assert (ended.returncode, ended.stdout) == (2, "")
    if expected.endswith("\n"):
        assert expected == ended.stderr
    else:
        assert expected in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = (
            f"error: cannot listen on 127.0.0.1:{port}: address already in use\n"
            "hint: take another by --port, or a free one by --port 0\n"
        )
        (tmp_path / "tiercel.toml").write_text(LOCAL)

        check_refused(tmp_path, ["serve", "--port", port], 2, said)
        ended = tiercel("simulate", "--port", port, folder=tmp_path)

        assert (2, "", said) == (ended.returncode, ended.stdout, ended.stderr.partition("\n")[2])


def test_a_model_that_there_is_not(tmp_path):
    (tmp_path / "tiercel.toml").write_text(LOCAL)
    message = "the model `cheep` does not exist; did you mean `cheap`? (there are: auto, cheap, local/a, local/b)"

    check_refused(tmp_path, ["route", "hello", "--model", "cheep"], 1, f"error: {message}\n")

    ended = tiercel("route", "hello", "--model", "cheep", "--json", folder=tmp_path)
    assert {"error": {"code": "model_not_found", "message": message}} == orjson.loads(ended.stdout)
    assert ended.returncode == 1


def test_nothing_to_check(tmp_path):
    check_refused(
        tmp_path,
        ["check"],
        2,
        "error: there is no configuration, and no provider's key in the environment\n"
        "hint: `tiercel serve` would run its demonstration; name a file to check, or set OPENAI_API_KEY\n",
    )


def test_keys_that_do_not_suffice(tmp_path):
    ended = tiercel("check", folder=tmp_path, environment={"AZURE_OPENAI_API_KEY": "canary", "HF_TOKEN": "canary"})

    assert ended.returncode == 2
    assert ended.stderr.endswith(
        "hint: the key of huggingface is there; a file must say which models serve: [providers.huggingface], [tiers]\n"
        "hint: azure lacks AZURE_RESOURCE_NAME\n"
    )


def test_errors_for_a_program(tmp_path):
    (tmp_path / "my.toml").write_text("[server]\nprot = 1\n")

    ended = tiercel("check", "my.toml", "--json", folder=tmp_path)

    assert ended.returncode == 2
    assert orjson.loads(ended.stdout) == {
        "ok": False,
        "error": {
            "file": "my.toml",
            "line": 2,
            "column": 1,
            "message": "unknown field `prot`",
            "hint": "did you mean `port`?",
        },
    }


def variables(text):
    """A value for every variable that a configuration or its comments name."""
    return {name: f"canary-{name.lower()}-0123456789abcdef" for name in re.findall(r"\b[A-Z]+(?:_[A-Z0-9]+)+\b", text)}


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_can_be_served(tmp_path, path):
    environment = variables(path.read_text())

    text = tiercel("check", path, folder=tmp_path, environment=environment)
    for_program = tiercel("check", path, "--json", folder=tmp_path, environment=environment)
    route = tiercel("route", "hello", "--config", path, folder=tmp_path, environment=environment)

    assert (text.returncode, for_program.returncode, route.returncode) == (0, 0, 0), text.stderr + route.stderr
    assert "canary" not in text.stdout + for_program.stdout


def test_what_check_shows(tmp_path):
    (tmp_path / "my.toml").write_text(
        OPEN
        + LOCAL
        + '[providers.openai]\n[providers.far]\nbase_url = "http://far.test/v1"\nkeys = [{ env = "FAR_KEY" }]\n'
        + '[providers.bedrock]\nkeys = [{ env = "AWS_SECRET", access_key_id = { env = "AWS_ID" } }]\n'
    )
    environment = {"SHOP_KEY": "canary-0123456789abcdef"} | dict.fromkeys(
        ("FAR_KEY", "OPENAI_API_KEY", "AWS_SECRET", "AWS_ID", "GROQ_API_KEY", "AZURE_RESOURCE_NAME"), "canary"
    )

    ended = tiercel("check", "my.toml", "--json", folder=tmp_path, environment=environment)

    assert orjson.loads(ended.stdout) == {
        "ok": True,
        "config": "my.toml",
        "server": {"host": "127.0.0.1", "port": 8080, "workers": 1, "interface": "asgi"},
        "providers": {
            "local": {"dialect": "openai", "base_url": "http://127.0.0.1:9/v1", "secrets": []},
            "openai": {
                "dialect": "openai",
                "base_url": "https://api.openai.com/v1",
                "secrets": ["env OPENAI_API_KEY"],
            },
            "far": {"dialect": "openai", "base_url": "http://far.test/v1", "secrets": ["env FAR_KEY"]},
            "bedrock": {
                "dialect": "bedrock",
                "base_url": "https://bedrock-runtime.us-east-1.amazonaws.com",
                "secrets": ["env AWS_SECRET", "env AWS_ID"],
            },
        },
        "unused": {"groq": ["env GROQ_API_KEY"]},
        "lacking": {"azure": ["AZURE_OPENAI_API_KEY"]},
        "tiers": {"cheap": ["local/a", "local/b"]},
        "routes": {"auto": {"tiers": ["cheap"], "default": "cheap"}},
        "keys": {
            "shop": {"tenant": "shop", "models": ["*"], "secret": "env SHOP_KEY", "expires": None, "disabled": False}
        },
        "models": ["auto", "cheap", "local/a", "local/b"],
        "warnings": ["the keys of provider `far` go over the network unencrypted: its base_url starts with http://"],
    }
    shown = tiercel("check", "my.toml", folder=tmp_path, environment=environment)
    assert "warning: the keys of provider `far`" in shown.stderr
    assert "not configured\ngroq   could be, with env GROQ_API_KEY\nazure  lacks AZURE_OPENAI_API_KEY" in shown.stdout


def test_what_route_shows(tmp_path):
    (tmp_path / "tiercel.toml").write_text(LOCAL)

    assert tiercel("route", "hello there", folder=tmp_path).stdout == "1  local/a\n2  local/b\n"
    explained = tiercel("route", "hello there", "--explain", folder=tmp_path).stdout
    assert "because  nothing speaks for another tier, so it is the default" in explained
    assert orjson.loads(tiercel("route", "hello there", "--json", folder=tmp_path).stdout) == {
        "model": "auto",
        "route": "auto",
        "tier": "cheap",
        "deployments": ["local/a", "local/b"],
        "reason": "route:auto:default",
        "stages": ["nothing speaks for another tier, so it is the default"],
        "task": "unknown",
        "prompt_tokens": 2,
        "asks_llm": False,
    }


def test_route_with_no_configuration_is_about_the_demonstration(tmp_path):
    assert tiercel("route", "hello", folder=tmp_path).stdout == "1  simulator/small\n"


def test_the_commands_that_only_print(tmp_path):
    assert f"tiercel {__version__}\n" == tiercel("version", folder=tmp_path).stdout
    assert {"version": __version__} == orjson.loads(tiercel("version", "--json", folder=tmp_path).stdout)
    assert orjson.loads(tiercel("schema", folder=tmp_path).stdout)["title"] == "Tiercel configuration"
    told = tiercel("--help", folder=tmp_path).stdout
    assert all(name in told for name in ("serve", "check", "providers", "models", "schema", "Exit codes"))


def test_the_command_line_starts_without_what_only_some_commands_need(tmp_path):
    heavy = "import sys, tiercel.cli; print([it for it in ('granian', 'rich', 'uvloop') if it in sys.modules])"

    told = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, cwd=tmp_path, check=True)

    assert told.stdout == "[]\n"


def test_the_demonstration_has_the_prices_of_the_simulator():
    demo = tomllib.loads((ROOT / "python/tiercel/demo.toml").read_text())

    expected = {f"simulator/{name}": {"input": price.input, "output": price.output} for name, price in PRICES.items()}
    assert expected == demo["prices"]


def start(*arguments, folder, **streams):
    """A command under way, in a session of its own, as a terminal would have it."""
    environment = ENVIRONMENT | {"TMPDIR": str(folder)}
    return subprocess.Popen(
        [*TIERCEL, *arguments], cwd=folder, env=environment, text=True, start_new_session=True, **streams
    )


class Gateway:
    """A gateway under way, which has said that it serves."""

    def __init__(self, process, folder):
        self.process = process
        self.folder = folder
        self.lines = []
        self.line = self.read_until(f"Tiercel {__version__} serves")
        self.port = urlsplit(self.line.split()[3]).port

    def read_until(self, mark):
        """The next line of its standard error that holds `mark`."""
        for line in self.process.stderr:
            self.lines.append(line)
            if mark in line:
                return line
        raise AssertionError(f"it ended with {self.process.wait(PATIENCE)}, saying: {''.join(self.lines)}")

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request(method, path, body and orjson.dumps(body), {"content-type": "application/json"})
        return connection, connection.getresponse()

    def status(self, path):
        """The answer's status; 0 where nothing listens."""
        try:
            connection, answer = self.request("GET", path)
        except OSError:
            return 0
        with closing(connection):
            return answer.status

    def interrupt(self):
        """What Ctrl-C does: a signal to every process of the foreground."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self):
        """Its exit code, and all that it said on standard error."""
        self.lines += self.process.stderr.readlines()
        return self.process.wait(PATIENCE), "".join(self.lines)

    def worker(self):
        """A worker's process id."""
        (path,) = self.folder.glob("tiercel-*/*.metrics")
        return int(path.stem)


@contextmanager
def serving(folder, *arguments):
    """`tiercel serve` on a free port, once it says that it serves."""
    process = start(
        "serve", "--port", "0", *arguments, folder=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    guard = threading.Timer(PATIENCE, process.kill)
    guard.start()
    with process:
        try:
            yield Gateway(process, folder)
        finally:
            guard.cancel()
            process.kill()


STREAM = {"model": "premium", "stream": True, "messages": [{"role": "user", "content": "Tell me a long story."}]}


def test_the_demonstration_answers_and_leaves_nothing_behind(tmp_path):
    with serving(tmp_path) as gateway:
        (demo,) = tmp_path.glob("tiercel-*/demo.toml")
        simulator = urlsplit(tomllib.loads(demo.read_text())["providers"]["simulator"]["base_url"]).port
        gateway.read_until("Try it:")
        command = shlex.split(gateway.read_until("curl"))
        connection, answer = gateway.request("POST", urlsplit(command[2]).path, orjson.loads(command[-1]))
        with closing(connection):
            assert orjson.loads(answer.read())["choices"][0]["message"]["content"] == "Paris."

        gateway.process.send_signal(signal.SIGTERM)
        exit_code, said = gateway.end()

    assert exit_code == 0
    assert "No configuration and no provider's key" in said
    assert f"Tiercel {__version__} serves http://127.0.0.1:{gateway.port}/v1 (asgi, 1 worker)\n" == gateway.line
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", simulator))


@pytest.mark.parametrize("interface", ["asgi", "rsgi"])
def test_an_interrupt_at_the_terminal_ends_it_cleanly(tmp_path, interface):
    (tmp_path / "tiercel.toml").write_text(LOCAL)
    with serving(tmp_path, "--interface", interface, "--workers", "2") as gateway:
        assert f"({interface}, 2 workers)" in gateway.line
        assert gateway.status("/health/ready") == 200
        gateway.interrupt()
        exit_code, said = gateway.end()

    stopping = "Stopping: what runs may go on for 600 s; Ctrl-C again stops at once.\n"
    assert (0, gateway.line + stopping) == (exit_code, said)


@pytest.mark.parametrize("interface", ["asgi", "rsgi"])
def test_what_runs_ends_in_peace(tmp_path, interface):
    with serving(tmp_path, "--interface", interface) as gateway:
        connection, answer = gateway.request("POST", "/v1/chat/completions", STREAM)
        with closing(connection):
            first = answer.readline()
            gateway.process.send_signal(signal.SIGTERM)
            seen = {gateway.status("/health/ready")}
            while seen.isdisjoint({0, 503}):
                seen.add(gateway.status("/health/ready"))
            rest = answer.read()
        exit_code, said = gateway.end()

    assert first.startswith(b"data: {")
    assert rest.endswith(b"data: [DONE]\n\n")
    assert 503 in seen
    assert exit_code == 0
    assert "Traceback" not in said


def test_a_second_interrupt_stops_at_once(tmp_path):
    with serving(tmp_path) as gateway:
        connection, answer = gateway.request("POST", "/v1/chat/completions", STREAM)
        with closing(connection):
            answer.readline()
            gateway.interrupt()
            gateway.read_until("Ctrl-C again stops at once")
            gateway.interrupt()
            with pytest.raises((http.client.HTTPException, OSError)):
                answer.read()
        exit_code, said = gateway.end()

    assert exit_code == 1
    assert "Traceback" not in said


def test_a_worker_that_dies_is_started_anew_but_not_for_ever(tmp_path):
    (tmp_path / "tiercel.toml").write_text(LOCAL)
    with serving(tmp_path) as gateway:
        first = gateway.worker()
        os.kill(first, signal.SIGKILL)
        gateway.read_until("Unexpected exit from worker-1")
        while gateway.process.poll() is None and gateway.status("/health/live") != 200:
            pass
        (second,) = {int(path.stem) for path in tmp_path.glob("tiercel-*/*.metrics")} - {first}
        os.kill(second, signal.SIGKILL)
        exit_code, said = gateway.end()

    assert exit_code == 1
    assert said.endswith("tiercel: Worker crash loop detected, exiting\n")


def test_workers_do_not_outlive_the_main_process(tmp_path):
    (tmp_path / "tiercel.toml").write_text(LOCAL)
    with serving(tmp_path) as gateway:
        connection, answer = gateway.request("GET", "/health/live")
        with closing(connection):
            answer.read()
            gateway.process.kill()
            end_of_file = connection.sock.recv(1)

    assert end_of_file == b""


def test_the_simulator_alone(tmp_path):
    with start("simulate", "--port", "0", "--speed", "0", folder=tmp_path, stdout=subprocess.PIPE) as process:
        port = urlsplit(process.stdout.readline().split()[-1]).port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        with closing(connection):
            connection.request("GET", "/v1/models")
            names = [model["id"] for model in orjson.loads(connection.getresponse().read())["data"]]
        process.send_signal(signal.SIGTERM)

        assert PRICES.keys() <= set(names)
        assert process.wait(PATIENCE) == 0
