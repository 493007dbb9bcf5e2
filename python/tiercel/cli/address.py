"""Where a gateway is found that listens on an address."""


def reachable(host: str) -> str:
    """An address of this machine that reaches what listens on `host`, which may stand for all of its addresses."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - nothing binds here


def url(host: str, port: int) -> str:
    """The URL of a host and a port, without a path."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
