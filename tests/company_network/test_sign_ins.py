"""Every sign-in on every way out: the tools over TLS, with a private authority, by a proxy, with a client certificate."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from joserfc.jwk import RSAKey

from connector import jira, servicenow
from connector.errors import AuthenticationFailed, PermissionDenied, Unreachable
from connector.http.network import Network
from connector.http.oauth import renew_token
from connector.http.proxies import Proxy
from connector.http.tool_access import Auth, Deployment, OAuthGrant, OAuthGrantType, ToolAccess
from connector.http.transport import Timeout
from connector.jira.oauth import DATACENTER_SCOPE, DATACENTER_TOKEN_PATH, service_account_grant
from connector.sync.setup import ToolIdentity
from mapping.work_item import ConnectionName, Tool
from sandbox import servers
from sandbox.jira.app import create_app as jira_app
from sandbox.jira.model import Deployment as SandboxDeployment
from sandbox.jira.oauth import GATEWAY
from sandbox.servicenow.app import create_app as servicenow_app
from sandbox.serving import Server
from sandbox.story import seed
from tests.company_network.authority import Authority
from tests.company_network.conftest import TOOL
from tests.company_network.servers import RunningProxy

CLIENT_NAME = "gatepost@nordbank.example"


@dataclass
class Tools:
    """Both tools, each over TLS in two ways: as everybody reaches it, and for those with a certificate alone."""

    cloud: servers.Sandbox
    datacenter: servers.Sandbox
    key: str
    addresses: dict[tuple[str, bool], str]
    """By tool and whether a client certificate is asked for."""


@pytest.fixture(scope="module")
def tools(authority: Authority) -> Iterator[Tools]:
    cloud = servers.start()
    datacenter = servers.start(deployment=SandboxDeployment.DATACENTER)
    seed.set_up_jira(cloud.jira)
    seed.set_up_jira(datacenter.jira)
    seed.set_up_servicenow(cloud.servicenow)
    key = RSAKey.generate_key(2048)
    keys = cloud.servicenow.keys
    keys.clients["gatepost"] = ("its-secret", seed.BOT_USER)
    keys.trust("gatepost", key.as_pem(private=False).decode())
    keys.api_keys["the-key"] = seed.BOT_USER
    keys.certificates[CLIENT_NAME] = seed.BOT_USER
    cloud.jira.oauth.scoped_tokens.add("scoped-token")
    for sandbox in (cloud, datacenter):
        sandbox.jira.oauth.service_accounts["service"] = "service-secret"
    apps = {"cloud": jira_app(cloud.jira), "datacenter": jira_app(datacenter.jira)}
    apps["servicenow"] = servicenow_app(cloud.servicenow)
    contexts: dict[bool, ssl.SSLContext] = {
        mutual: authority.server_context(TOOL, "127.0.0.1", clients=mutual) for mutual in (False, True)
    }
    running = {
        (name, mutual): Server(app, context=context).start()
        for name, app in apps.items()
        for mutual, context in contexts.items()
    }
    ports = {which: server.url.rpartition(":")[2] for which, server in running.items()}
    addresses = {which: f"https://{TOOL}:{port}" for which, port in ports.items()}
    yield Tools(cloud, datacenter, key.as_pem(private=True).decode(), addresses)
    for server in running.values():
        server.stop()
    cloud.stop()
    datacenter.stop()


@dataclass(frozen=True)
class Way:
    proxied: bool
    mutual: bool

    def network(self, authority: Authority, proxy: RunningProxy) -> Network:
        way = Proxy("http", "127.0.0.1", proxy.port, proxy.user, proxy.password) if self.proxied else None
        client = authority.client_file(CLIENT_NAME).read_text() if self.mutual else ""
        return Network(way, authorities=authority.pem, client=client)


WAYS = {
    "private authority": Way(proxied=False, mutual=False),
    "proxy": Way(proxied=True, mutual=False),
    "client certificate": Way(proxied=False, mutual=True),
    "proxy and client certificate": Way(proxied=True, mutual=True),
}


def site(access: ToolAccess) -> ToolIdentity:
    build = jira.site if access.tool is Tool.JIRA else servicenow.site
    setup = build(access, timeout=Timeout(5, 10), clock=lambda: datetime.now(UTC)).setup
    assert setup is not None
    return setup.identify()


def by_grant(access: ToolAccess, grant: OAuthGrant) -> ToolAccess:
    """Signed in as the renewal does it, on the same way."""
    fresh = renew_token(grant, timeout=Timeout(5, 10), clock=lambda: datetime.now(UTC), network=access.network)
    return replace(access, auth=Auth.OAUTH, credential=fresh.access_token)


def cloud_access(tools: Tools, base: str, network: Network) -> ToolAccess:
    token = tools.cloud.jira.users["gatepost-bot"].token or ""
    return ToolAccess(ConnectionName("j"), Tool.JIRA, base, seed.BOT_EMAIL, token, network=network)


def datacenter_access(tools: Tools, base: str, network: Network) -> ToolAccess:
    return replace(cloud_access(tools, base, network), deployment=Deployment.DATACENTER)


def _scoped(tools: Tools, base: str, network: Network) -> ToolAccess:
    bot = tools.cloud.jira.users["gatepost-bot"]
    tools.cloud.jira.users["scoped-bot"] = replace(
        bot, account_id="scoped-bot", email="scoped@nordbank.example", token="scoped-token"
    )
    access = cloud_access(tools, base, network)
    return replace(
        access, auth=Auth.SCOPED, username="scoped@nordbank.example", credential="scoped-token", api_url=base + GATEWAY
    )


def _consented(tools: Tools, base: str, network: Network) -> ToolAccess:
    refresh = str(tools.cloud.jira.oauth.grant("sandbox-app", datetime.now(UTC))["refresh_token"])
    grant = OAuthGrant("sandbox-app", "sandbox-app-secret", refresh, f"{base}/oauth/token")
    return replace(by_grant(cloud_access(tools, base, network), grant), api_url=base + GATEWAY)


def _cloud_service_account(tools: Tools, base: str, network: Network) -> ToolAccess:
    grant = service_account_grant("service", "service-secret", f"{base}/oauth/token")
    return replace(by_grant(cloud_access(tools, base, network), grant), api_url=base + GATEWAY)


def _datacenter_service_account(tools: Tools, base: str, network: Network) -> ToolAccess:
    grant = service_account_grant("service", "service-secret", base + DATACENTER_TOKEN_PATH, DATACENTER_SCOPE)
    return by_grant(datacenter_access(tools, base, network), grant)


def _servicenow(auth: Auth, credential: str) -> Callable[[Tools, str, Network], ToolAccess]:
    def access(tools: Tools, base: str, network: Network) -> ToolAccess:
        return ToolAccess(
            ConnectionName("s"), Tool.SERVICENOW, base, seed.BOT_USER, credential, auth=auth, network=network
        )

    return access


def _client_credentials(tools: Tools, base: str, network: Network) -> ToolAccess:
    grant = service_account_grant("gatepost", "its-secret", f"{base}/oauth_token.do")
    return by_grant(_servicenow(Auth.OAUTH, "")(tools, base, network), grant)


def _jwt_bearer(tools: Tools, base: str, network: Network) -> ToolAccess:
    grant = OAuthGrant(
        "gatepost", "its-secret", "", f"{base}/oauth_token.do", OAuthGrantType.JWT_BEARER, tools.key, "k", seed.BOT_USER
    )
    return by_grant(_servicenow(Auth.OAUTH, "")(tools, base, network), grant)


SIGN_INS: dict[str, tuple[str, Callable[[Tools, str, Network], ToolAccess]]] = {
    "jira cloud: api token": ("cloud", cloud_access),
    "jira cloud: scoped token": ("cloud", _scoped),
    "jira cloud: consent": ("cloud", _consented),
    "jira cloud: service account": ("cloud", _cloud_service_account),
    "jira data center: personal access token": (
        "datacenter", lambda tools, base, network: replace(datacenter_access(tools, base, network), auth=Auth.BEARER)
    ),
    "jira data center: service account": ("datacenter", _datacenter_service_account),
    "servicenow: client credentials": ("servicenow", _client_credentials),
    "servicenow: jwt bearer": ("servicenow", _jwt_bearer),
    "servicenow: api key": ("servicenow", _servicenow(Auth.APIKEY, "the-key")),
    "servicenow: basic": ("servicenow", _servicenow(Auth.BASIC, seed.BOT_PASSWORD)),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("sign_in", SIGN_INS)
def test_every_sign_in_on_every_way(
    tools: Tools, authority: Authority, proxy: RunningProxy, known_names: None, sign_in: str, way: str
) -> None:
    tool, access = SIGN_INS[sign_in]
    base, before = tools.addresses[tool, WAYS[way].mutual], len(proxy.connected)
    identity = site(access(tools, base, WAYS[way].network(authority, proxy)))
    assert identity.name == "Gatepost"
    host = base.removeprefix("https://")
    assert set(proxy.connected[before:]) == ({host} if WAYS[way].proxied else set())


@pytest.mark.parametrize("way", ["client certificate", "proxy and client certificate"])
def test_a_client_certificate_alone_signs_in_at_servicenow(
    tools: Tools, authority: Authority, proxy: RunningProxy, known_names: None, way: str
) -> None:
    base, network = tools.addresses["servicenow", True], WAYS[way].network(authority, proxy)
    access = _servicenow(Auth.CERTIFICATE, "")(tools, base, network)
    assert site(access).account == seed.BOT_USER
    unknown = replace(network, client=authority.client_file("stranger@nordbank.example").read_text())
    with pytest.raises(AuthenticationFailed):
        site(replace(access, network=unknown))
    with pytest.raises(Unreachable, match=r"client certificate|closed the connection"):
        site(replace(access, network=replace(network, client="")))


def test_data_center_11_with_basic_authentication_off_says_what_to_use(
    tools: Tools, authority: Authority, known_names: None
) -> None:
    access = datacenter_access(tools, tools.addresses["datacenter", False], Network(authorities=authority.pem))
    tools.datacenter.jira.basic_off = True
    try:
        with pytest.raises(AuthenticationFailed) as refused:
            site(replace(access, username="gatepost-bot"))
        assert refused.value.at_terminal == (
            "j does not take user and password: basic authentication is switched off there, as Data Center 11 is "
            "installed. Use a personal access token (--auth bearer) or a service account (--service-account)."
        )
        assert not isinstance(refused.value, PermissionDenied)
        assert site(replace(access, auth=Auth.BEARER)).name == "Gatepost"
    finally:
        tools.datacenter.jira.basic_off = False
