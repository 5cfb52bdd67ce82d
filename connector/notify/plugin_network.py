"""Makes Apprise's messengers take our way out: its proxy, the trusted authorities, the client certificate.

Apprise knows ``verify=yes`` and ``verify=no`` and nothing between.  Here everything is verified.
"""

from __future__ import annotations

import smtplib
import socket
from contextlib import suppress
from types import ModuleType
from typing import Any

import requests
from apprise.plugins import custom_json, slack, workflows
from apprise.plugins.email import base as email
from apprise.plugins.email.smtp import AppriseSMTPController, SMTPSecureMode

from connector.http.network import Network
from connector.http.network_adapter import network_session
from connector.http.proxies import Proxy
from connector.http.tunnel import connect

_MODULES: tuple[ModuleType, ...] = (custom_json, slack, workflows)


def use_network(network: Network, mail_proxy: Proxy | None) -> None:
    """From now on the messengers of this process go this way; a process has one."""
    for module in _MODULES:
        module.requests = _Requests(network)  # type: ignore[attr-defined]
    email.AppriseSMTPController = _controller(network, mail_proxy)


class _Requests:
    """What Apprise uses of ``requests``."""

    codes = requests.codes
    RequestException = requests.RequestException

    def __init__(self, network: Network) -> None:
        self._network = network

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        with network_session(self._network) as session:
            return session.request(method, url, **options)

    def post(self, url: str, **options: Any) -> requests.Response:
        return self.request("POST", url, **options)

    def get(self, url: str, **options: Any) -> requests.Response:
        return self.request("GET", url, **options)


def _controller(network: Network, proxy: Proxy | None) -> type:
    class MailController(AppriseSMTPController):  # type: ignore[misc]  # the library is not typed
        """Connects as Apprise does, on our way out."""

        def __enter__(self) -> Any:
            context = network.ssl_context()
            options = {"context": context} if self.secure_mode == SMTPSecureMode.SSL else {}
            kind = _TlsMail if options else _Mail
            mail = kind(network, proxy, self.host, self.port, self.socket_connect_timeout, options)
            try:
                if self.secure_mode == SMTPSecureMode.STARTTLS:
                    mail.starttls(context=context)
                if self.user and self.password:
                    mail.login(self.user, self.password)
            except BaseException:
                with suppress(OSError, smtplib.SMTPException):
                    mail.quit()
                raise
            self._socket = mail
            return self

    return MailController


class _Mail(smtplib.SMTP):
    def __init__(
        self, network: Network, proxy: Proxy | None, host: str, port: int, timeout: float, options: dict[str, Any]
    ) -> None:
        self._network = network
        self._proxy = proxy
        super().__init__(host, port, None, timeout=timeout, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return connect(host, port, timeout, proxy=self._proxy, context=self._network.ssl_context())


class _TlsMail(_Mail, smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._network.ssl_context().wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)
