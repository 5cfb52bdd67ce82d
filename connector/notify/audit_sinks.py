"""Where the head of the audit is kept outside of the database: folders and object stores, which keep what was written
once, and syslog, which only takes.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path
from typing import Protocol, TypeAlias
from urllib.parse import unquote, urlsplit, urlunsplit

import requests

from connector.errors import ConfigurationError
from connector.http.failures import failure_of
from connector.http.network import Network
from connector.http.network_adapter import network_session, port_of
from connector.http.transport import LOOPBACK_HOSTS
from connector.remedy import Remedy

TIMEOUT_SECONDS = (5.0, 15.0)
MAX_ANCHOR_BYTES = 10_000
SYSLOG_PORT = 514
SYSLOG_PRIORITY = 13 * 8 + 5
"""RFC 5424: facility *log audit*, severity *notice*."""


class SinkUnavailable(Exception):
    """A sink cannot be reached or refuses; the message says why, without anything secret."""


class Written(Enum):
    DONE = auto()
    TAKEN = auto()
    """There is an anchor of this number already; it stays."""


class TakingSink(Protocol):
    """Takes an anchor, and shows nothing."""

    @property
    def name(self) -> str:
        """For people, metrics and the log."""

    def send(self, text: str) -> None:
        """Raises SinkUnavailable."""


def anchor_name(number: int) -> str:
    """``anchor-000000000012.json``"""
    return f"anchor-{number:012d}.json"


@dataclass(frozen=True, slots=True)
class FolderSink:
    """One file for each anchor, made and never opened for writing again."""

    folder: Path

    @property
    def name(self) -> str:
        return f"file:{self.folder}"

    def read(self, number: int) -> str | None:
        try:
            return (self.folder / anchor_name(number)).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            if not self.folder.is_dir():
                raise SinkUnavailable(f"{self.folder} is no folder") from None
            return None
        except OSError as error:
            raise SinkUnavailable(str(error.strerror)) from error

    def write(self, number: int, text: str) -> Written:
        try:
            handle = os.open(self.folder / anchor_name(number), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440)
        except FileExistsError:
            return Written.TAKEN
        except OSError as error:
            raise SinkUnavailable(str(error.strerror)) from error
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        return Written.DONE


class ObjectSink:
    """One object for each anchor, put with ``If-None-Match: *``, which no store overrides (RFC 9110, 13.1.2).

    User and password of the address become basic authentication; a query, such as that of a shared access signature,
    goes with every request.
    """

    def __init__(self, url: str, network: Network | None = None) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme == "http" and host not in LOOPBACK_HOSTS:
            raise ValueError(url)
        self.name = f"{parts.scheme}://{host}"
        where = parts.netloc.rpartition("@")[2]
        self._url = (parts.scheme, where, parts.path.rstrip("/"), parts.query)
        self._network = network or Network()
        self._session = network_session(self._network)
        if parts.username:
            self._session.auth = (unquote(parts.username), unquote(parts.password or ""))

    def read(self, number: int) -> str | None:
        response = self._ask("GET", number)
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise SinkUnavailable(f"it answered {response.status_code}")
        return response.content[:MAX_ANCHOR_BYTES].decode("utf-8", "replace")

    def write(self, number: int, text: str) -> Written:
        written = self._put(number, text)
        if written is Written.DONE and number == 1 and self._put(number, text) is Written.DONE:
            raise SinkUnavailable("it writes over what it keeps: it does not heed If-None-Match")
        return written

    def _put(self, number: int, text: str) -> Written:
        # The last one is what Azure's stores ask for.
        headers = {"If-None-Match": "*", "Content-Type": "application/json", "x-ms-blob-type": "BlockBlob"}
        response = self._ask("PUT", number, data=text.encode(), headers=headers)
        if response.status_code in {409, 412}:
            return Written.TAKEN
        if response.status_code not in {200, 201, 204}:
            raise SinkUnavailable(f"it answered {response.status_code}")
        return Written.DONE

    def _ask(
        self, method: str, number: int, *, data: bytes | None = None, headers: dict[str, str] | None = None
    ) -> requests.Response:
        scheme, where, path, query = self._url
        url = urlunsplit((scheme, where, f"{path}/{anchor_name(number)}", query, ""))
        try:
            return self._session.request(
                method, url, data=data, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False
            )
        except requests.RequestException as error:
            # Its own text holds the address.
            host = urlsplit(url).hostname or ""
            why = failure_of(error, host, port_of(url), self._network.proxy_for(host, port_of(url)))
            raise SinkUnavailable(f"it does not answer: {why.explained}") from None


@dataclass(frozen=True, slots=True)
class SyslogSink:
    """A syslog server, or that of this machine (RFC 5424)."""

    host: str
    """Empty for this machine's own."""
    port: int
    stream: bool
    """Over TCP, each message with its length before it (RFC 6587, 3.4.1)."""

    @property
    def name(self) -> str:
        return f"syslog{'+tcp' if self.stream else ''}:{f'{self.host}:{self.port}' if self.host else ''}"

    def send(self, text: str) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        message = (
            f"<{SYSLOG_PRIORITY}>1 {now} {socket.gethostname()} gatepost {os.getpid()} audit.head - {text}".encode()
        )
        try:
            if self.stream:
                with socket.create_connection((self.host, self.port), TIMEOUT_SECONDS[0]) as connection:
                    connection.sendall(f"{len(message)} ".encode() + message)
                return
            family = socket.AF_INET6 if ":" in self.host else socket.AF_INET if self.host else socket.AF_UNIX
            with socket.socket(family, socket.SOCK_DGRAM) as connection:
                connection.sendto(message, (self.host, self.port) if self.host else "/dev/log")
        except OSError as error:
            raise SinkUnavailable(error.strerror or type(error).__name__) from error


KeepingSink: TypeAlias = FolderSink | ObjectSink
"""They keep what was written once, and show it again."""
Sink: TypeAlias = "KeepingSink | TakingSink"


def parse_sinks(listed: str, network: Network | None = None) -> tuple[Sink, ...]:
    """The sinks of ``GATEPOST_AUDIT_SINKS``, separated by commas.  Raises ConfigurationError."""
    parts = filter(None, (part.strip() for part in listed.split(",")))
    sinks = tuple(_parse(part, network or Network()) for part in parts)
    names = [sink.name for sink in sinks]
    if len(set(names)) < len(names):
        raise ConfigurationError(
            "A sink of the audit is named twice; of one host only one object store may be used.",
            remedy=Remedy(command="Correct GATEPOST_AUDIT_SINKS."),
        )
    return sinks


def _parse(part: str, network: Network) -> Sink:
    kind, _, rest = part.partition(":")
    try:
        return _object(part, network) if kind in {"https", "http"} else _KINDS[kind](part, rest)
    except (KeyError, ValueError):
        # Without the part itself: it may hold a password.
        raise ConfigurationError(
            "The sinks of the audit cannot be read.",
            remedy=Remedy(
                command="Write into GATEPOST_AUDIT_SINKS file:/folder, https://host/folder, syslog:host:port, "
                "syslog+tcp:host:port, or syslog: for this machine's own; separated by commas."
            ),
        ) from None


def _folder(_part: str, rest: str) -> Sink:
    if not Path(rest).is_absolute():
        raise ValueError(rest)
    return FolderSink(Path(rest))


def _object(part: str, network: Network) -> Sink:
    if not urlsplit(part).hostname:
        raise ValueError(part)
    return ObjectSink(part, network)


def _syslog(part: str, rest: str) -> Sink:
    stream = part.startswith("syslog+tcp")
    if not rest:
        if stream:
            raise ValueError(part)
        return SyslogSink("", 0, stream=False)
    split = urlsplit(f"//{rest}")
    if not split.hostname:
        raise ValueError(part)
    return SyslogSink(split.hostname, split.port or SYSLOG_PORT, stream)


_KINDS: dict[str, Callable[[str, str], Sink]] = {
    "file": _folder, "syslog": _syslog, "syslog+tcp": _syslog,
}  # fmt: skip


def keeping(sinks: Sequence[Sink]) -> tuple[KeepingSink, ...]:
    """Those that can be read again."""
    return tuple(sink for sink in sinks if isinstance(sink, FolderSink | ObjectSink))
