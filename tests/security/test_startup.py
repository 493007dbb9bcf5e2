"""What `tiercel` refuses to start with: a gateway open to everybody, and secrets that are not kept as such."""

import os
import subprocess
import sys

import pytest

CANARY = "sk-canary-in-the-configuration"
PROVIDER = '[providers.local]\nbase_url = "http://127.0.0.1:9/v1"\nmodels = ["m"]\n'
SECONDS = 60


def tiercel(folder, *arguments, environment=None):
    """Run a command to its end; a gateway that starts is a failure."""
    clean = {"PATH": os.environ["PATH"], **(environment or {})}
    command = [sys.executable, "-m", "tiercel", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, timeout=SECONDS, check=False)


OPEN_HOSTS = ["0.0.0.0", "::", "192.0.2.1", "gateway.test", "0", "127.0.0.1.evil.test", "localhost.evil.test"]


@pytest.mark.parametrize(
    ("where", "host"),
    [
        *(("in the file", host) for host in OPEN_HOSTS),
        *(("on the command line", host) for host in OPEN_HOSTS[:2]),
        *(("with no configuration", host) for host in OPEN_HOSTS[:2]),
    ],
)
def test_a_gateway_without_keys_listens_for_nobody_but_this_machine(tmp_path, where, host):
    file = tmp_path / "my.toml"
    in_file = f'[server]\nhost = "{host}"\n' if where == "in the file" else ""
    file.write_text(in_file + PROVIDER)
    config = [] if where == "with no configuration" else ["--config", file]
    refused = tiercel(tmp_path, "serve", "--port", 0, *config, *([] if in_file else ["--host", host]))

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "there is no client key" in refused.stderr
    assert 'hint: add one: [[keys]] with name = "me" and key = { env = "TIERCEL_KEY" }' in refused.stderr


def check(folder, config, environment=None):
    """What `tiercel check` says of a configuration."""
    file = folder / "my.toml"
    file.write_text(config)
    return tiercel(folder, "check", file, environment=environment)


def provider_key(source):
    return f'[providers.local]\nbase_url = "http://127.0.0.1:9/v1"\nkeys = [{source}]\n'


@pytest.mark.parametrize(
    ("config", "line", "expected"),
    [
        ('include = "other.toml"\n' + PROVIDER, 1, "unknown field `include`"),
        (provider_key('{ env = "${HOME}" }'), 3, "variables are not expanded here"),
        (provider_key('{ env = "NO_SUCH_KEY" }'), 3, "environment variable NO_SUCH_KEY is not set"),
        (provider_key('{ env = "EMPTY" }'), 3, "environment variable EMPTY holds nothing"),
        (provider_key('{ env = "TWO_LINES" }'), 3, "environment variable TWO_LINES holds characters that no key has"),
        (provider_key('{ file = "absent" }'), 3, "secret file absent cannot be read"),
        (provider_key('{ file = "link" }'), 3, "secret file link is a symbolic link"),
        (provider_key('{ file = "open" }'), 3, "secret file open is open to every user"),
        (provider_key('{ file = "huge" }'), 3, "secret file huge is larger than 64 KiB"),
        (provider_key('{ file = "/dev/zero" }'), 3, "secret file /dev/zero is"),
        (provider_key('{ file = "." }'), 3, "secret file . "),
        (provider_key(f'"{CANARY}"'), 3, "secret"),
        (provider_key(f'{{ env = "{CANARY}" }}'), 3, "this is not the name of an environment variable"),
        (f'[[keys]]\nname = "a"\nkey = "{CANARY}"\n' + PROVIDER, 3, "secret"),
        (f'[[keys]]\nname = "a"\nsha256 = "{CANARY}"\n' + PROVIDER, 3, "a SHA-256 is 64 hexadecimal digits"),
        (f'[providers.local]\nbase_url = "http://me:{CANARY}@127.0.0.1/v1"\n', 2, ""),
        (f'[providers.local]\nbase_url = "http://127.0.0.1/v1?key={CANARY}"\n', 2, ""),
        ('[providers.local]\nbase_url = "file:///etc/passwd"\n', 2, ""),
    ],
    ids=[
        "an include",
        "an expansion",
        "a variable that is not set",
        "a variable that is empty",
        "a variable of two lines",
        "a file that is absent",
        "a symbolic link",
        "a file that all may read",
        "a file that is huge",
        "a device",
        "a folder",
        "a provider's key itself",
        "a provider's key for a variable's name",
        "a client's key itself",
        "a client's key for its hash",
        "a password in an address",
        "a key in an address",
        "an address of no server",
    ],
)
def test_a_configuration_that_is_no_place_for_a_secret_is_refused_at_its_line(tmp_path, config, line, expected):
    for name, contents, mode in (("open", "sk-open", 0o604), ("huge", "k" * 70_000, 0o600), ("kept", "sk-kept", 0o600)):
        (tmp_path / name).write_text(contents)
        (tmp_path / name).chmod(mode)
    (tmp_path / "link").symlink_to("kept")
    refused = check(tmp_path, config, {"EMPTY": " ", "TWO_LINES": f"{CANARY}\r\nx-evil: 1"})

    assert refused.returncode == 2
    assert f"my.toml:{line}:" in refused.stdout + refused.stderr
    assert expected in refused.stdout + refused.stderr
    assert CANARY not in refused.stdout + refused.stderr


def test_a_secret_file_that_only_its_owner_may_read_is_taken(tmp_path):
    (tmp_path / "kept").write_text("sk-kept\n")
    (tmp_path / "kept").chmod(0o600)
    taken = check(tmp_path, provider_key('{ file = "kept" }'))

    assert taken.returncode == 0
    assert "sk-kept" not in taken.stdout + taken.stderr
