"""The command line for tests: a process to its end."""

import os
import subprocess
import sys

TIERCEL = [sys.executable, "-m", "tiercel"]
# Nothing of this machine's: a provider's key in the environment would change what is served.
ENVIRONMENT = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
# Far more than anything here takes on a busy machine; it turns a hang into a failure.
PATIENCE = 60

LOCAL = """\
[providers.local]
base_url = "http://127.0.0.1:9/v1"

[tiers]
cheap = ["local/a", "local/b"]

[routes.auto]
tiers = ["cheap"]
default = "cheap"
"""
OPEN = """\
[[keys]]
name = "shop"
key = { env = "SHOP_KEY" }
"""


def tiercel(*arguments, folder, environment=None, given=None, patience=PATIENCE):
    """Runs a command to its end, with the text `given` as its standard input."""
    return subprocess.run(
        [*TIERCEL, *map(str, arguments)],
        cwd=folder,
        env=ENVIRONMENT | (environment or {}),
        capture_output=True,
        text=True,
        input=given,
        timeout=patience,
        check=False,
    )


def check_refused(folder, arguments, exit_code, expected, environment=None):
    """The command ends with `exit_code`, and with `expected` as all that it says."""
    ended = tiercel(*arguments, folder=folder, environment=environment)

    assert (exit_code, expected, "") == (ended.returncode, ended.stderr, ended.stdout)
