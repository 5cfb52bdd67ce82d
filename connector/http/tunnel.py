"""A plain socket to a host, directly or through a proxy: for what is no HTTP, and for finding out what fails."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

from connector.http.proxies import Proxy, proxy_headers

MAX_HEADER_BYTES = 16 * 1024


class ProxyRefused(OSError):
    """The proxy does not connect; ``status`` is its answer, 0 when that was none."""

    def __init__(self, status: int) -> None:
        super().__init__(f"Tunnel connection failed: {status}")
        self.status = status


def connect(
    host: str, port: int, timeout: float, *, proxy: Proxy | None = None, context: ssl.SSLContext | None = None
) -> socket.socket:
    """A connected socket; ``context`` is for a proxy that is itself reached over TLS.

    Raises OSError (ProxyRefused, ssl.SSLError, socket.gaierror and the like).
    """
    if proxy is None:
        return socket.create_connection((host, port), timeout)
    connected = socket.create_connection((proxy.host, proxy.port), timeout)
    try:
        if proxy.scheme == "https" and context is not None:
            connected = context.wrap_socket(connected, server_hostname=proxy.host)
        open_tunnel(connected, host, port, proxy)
    except BaseException:
        with suppress(OSError):
            connected.close()
        raise
    return connected


def open_tunnel(connected: socket.socket, host: str, port: int, proxy: Proxy) -> None:
    """Ask a proxy that is connected for a way to a host.  Raises ProxyRefused."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    lines = [f"CONNECT {target} HTTP/1.1", f"Host: {target}"]
    lines += [f"{name}: {value}" for name, value in proxy_headers(proxy).items()]
    connected.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    status = _status(_header(connected))
    if not 200 <= status < 300:
        raise ProxyRefused(status)


def _header(connected: socket.socket) -> bytes:
    """Byte by byte: what comes after it belongs to the host."""
    header = b""
    while not header.endswith(b"\r\n\r\n") and len(header) < MAX_HEADER_BYTES:
        piece = connected.recv(1)
        if not piece:
            break
        header += piece
    return header


def _status(header: bytes) -> int:
    parts = header.split(b" ", 2)
    return int(parts[1]) if header.startswith(b"HTTP/") and len(parts) > 1 and parts[1].isdigit() else 0
