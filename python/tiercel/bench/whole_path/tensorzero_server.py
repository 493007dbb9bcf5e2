"""Runs TensorZero's embedded HTTP gateway: `PYTHON tensorzero_server.py CONFIG`, by a Python that has its wheel."""

import signal
import sys
from urllib.parse import urlsplit

# Only the Python that this is run by has it.
from tensorzero import _start_http_gateway  # type: ignore[import-not-found,unused-ignore]


def main() -> None:
    """Serves until it is told to stop."""
    gateway = _start_http_gateway(
        config_file=sys.argv[1], clickhouse_url=None, postgres_url=None, valkey_url=None, async_setup=False
    )
    sys.stdout.write(f"listening {urlsplit(gateway.base_url).port}\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    main()
