"""Where blocks run: a folder with what a user has in it, and a gateway where one listens."""

import contextlib
import gzip
import json
import os
import shlex
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import gateways
from tests.command_line import ENVIRONMENT, PATIENCE, TIERCEL
from tests.documentation.blocks import ROOT
from tests.documentation.configurations import secrets, simulated
from tiercel.training.natural import natural_prompts


@dataclass
class Place:
    """A folder, what is here for what blocks name as an example, and what is in the environment."""

    folder: Path
    names: dict[str, str]
    environment: dict[str, str]

    def here(self, text):
        """The text with the names of what is here."""
        for example, name in self.names.items():
            text = text.replace(example, name)
        return text

    def run(self, command, folder=None):
        """Run a command to its end; what it printed."""
        ended = subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def serve(self, command, folder):
        """Start what serves until it is told to stop, on a free port, and stop it."""
        said = folder / "output"
        with said.open("w") as output:
            process = subprocess.Popen(
                ["bash", "-c", f"exec env {command} --port 0"],
                cwd=folder,
                env=ENVIRONMENT | {"PATH": self.environment["PATH"]},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
            try:
                gateways.eventually(
                    lambda: process.poll() is not None or "http://127.0.0.1:" in said.read_text(), PATIENCE
                )
                process.send_signal(signal.SIGTERM)
                process.wait(PATIENCE)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        assert process.returncode == 0, said.read_text()


@contextlib.contextmanager
def prepared(folder, provider):
    """A place in `folder` whose gateway runs before the simulator `provider`."""
    config = simulated(provider.base_url)
    with gateways.running(folder, config, "asgi") as gateway:
        # Where commands look for the running gateway.
        (folder / "tiercel.toml").write_text(f"[server]\nport = {gateway.port}\n{config}")
        fill(folder)
        write_log(folder, gateway)
        listened_on = f"127.0.0.1:{gateway.port}"
        names = {"localhost:8080": listened_on, "127.0.0.1:8080": listened_on}
        names["127.0.0.1:8081"] = f"127.0.0.1:{provider.port}"
        names["4b1f0c52a9d3e871"] = cached(gateway)
        path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        yield Place(folder, names, ENVIRONMENT | secrets("") | {"PATH": path, "HOME": str(folder)})


def fill(folder):
    """Have in the folder what blocks speak of: the program, examples, data of one's own."""
    program = folder / "bin/tiercel"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {shlex.join(TIERCEL)} "$@"\n')
    program.chmod(0o755)
    (folder / "examples").symlink_to(ROOT / "examples")

    prompts = natural_prompts()
    kept = {"source": "autoj_train", "group": "autoj", "permissive": False}
    (folder / "data/tasks").mkdir(parents=True)
    with gzip.open(folder / "data/tasks/prompts.jsonl.gz", "wt") as file:
        file.writelines(json_line(text=prompt.text, task=prompt.task, **kept) for prompt in prompts[::3])
    with (folder / "pairs.jsonl").open("w") as file:
        for number in range(900):
            other, is_same = f"hi, how do I reset password {number}?", number % 450 > 0
            file.write(json_line(question=f"How do I reset password {number}?", other=other, is_same=is_same))


def json_line(**fields):
    return f"{json.dumps(fields)}\n"


def write_log(folder, gateway):
    """Have an access log of some requests of each kind."""
    prompts = [prompt.text for prompt in natural_prompts()[::12]]
    for number, prompt in enumerate(prompts):
        ask(gateway, prompt, {"x-tiercel-tier": "premium"} if number % 20 == 0 else {})
    served = folder / "served.jsonl"
    gateways.eventually(lambda: served.exists() and served.read_text().count("\n") == len(prompts))
    shutil.copy(served, folder / "access.jsonl")


def cached(gateway):
    """The id of an answer that is in the cache."""
    ask(gateway, "Is it there?", {})
    return ask(gateway, "Is it there?", {}).rpartition("id=")[2]


def ask(gateway, prompt, headers):
    """What the answer's header says of the cache."""
    fields: Any = {"model": "auto", "messages": [{"role": "user", "content": prompt}]}
    answer = gateway.chat(headers=headers, **fields)
    assert answer.status_code == 200, answer.text
    return answer.headers["x-tiercel-cache"]
