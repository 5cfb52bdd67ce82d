"""Security headers of every answer, and access to every address that there is."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from werkzeug.routing import Rule

from connector.people.permissions import Role, RoleGrant
from tests.commands_in_texts import command_in
from tests.webhook_server.visitor import WebSite, page_text

OPEN = {
    "docs.index",
    # Only with its key, and only while nobody is there.
    "first_administrator.create",
    "home.index",
    "home.theme",
    "signin.show",
    "signin.authenticate",
    "signin.code",
    "signin.end_session",
    "provider.start",
    "provider.callback",
}
MACHINES = ("/hooks/", "/health/", "/metrics", "/static/")
PUBLIC_API = {"/api/v1/openapi.json"}

WANTED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def addresses(app: Flask) -> list[tuple[Rule, str, str]]:
    """Every rule with a method and an address that fits it."""
    found = []
    for rule in app.url_map.iter_rules():
        values = {name: 1 if "int" in str(rule._converters.get(name)).lower() else "x" for name in rule.arguments}
        with app.test_request_context():
            address = app.url_map.bind("localhost").build(rule.endpoint, values, force_external=False)
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found += [(rule, method, address) for method in methods]
    return found


def test_every_answer_has_the_headers(site: WebSite) -> None:
    app, client = site.app, site.app.test_client()
    lacking = []
    for rule, method, address in addresses(app):
        answer = client.open(address, method=method, buffered=True)
        policy = answer.headers.get("Content-Security-Policy", "")
        good = all(answer.headers.get(name) == value for name, value in WANTED.items())
        good &= "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        good &= "Permissions-Policy" in answer.headers
        if not address.startswith("/static/"):
            good &= "no-store" in answer.headers.get("Cache-Control", "")
        if not good:
            lacking.append((rule.rule, method, answer.status_code))
    assert lacking == []


def test_without_signing_in_every_page_is_closed(site: WebSite) -> None:
    """Also one that somebody adds tomorrow and forgets to mark."""
    app, client = site.app, site.app.test_client()
    site.person("ada@x.example", RoleGrant(Role.ADMINISTRATOR))
    open_ones = []
    for rule, method, address in addresses(app):
        if rule.endpoint in OPEN or address.startswith(MACHINES) or address in PUBLIC_API:
            continue
        answer = client.open(address, method=method)
        closed = {400, 401, 403} if method != "GET" or address.startswith(("/api/", "/odata/")) else {303}
        if answer.status_code not in closed or (
            answer.status_code == 303 and "/signin" not in answer.headers["Location"]
        ):
            open_ones.append((address, method, answer.status_code))
    assert open_ones == []


def test_somebody_without_a_role_gets_no_page_of_an_administrator(site: WebSite) -> None:
    visitor = site.signed_in("eve@x.example")
    app = visitor.client.application
    for rule, method, address in addresses(app):
        if method == "GET" and rule.endpoint.partition(".")[0] in {"people", "connections", "mapping", "subscriptions"}:
            assert visitor.get(address).status_code in {403, 404}, address


def test_every_form_needs_its_token(site: WebSite) -> None:
    visitor = site.signed_in("ada@x.example", RoleGrant(Role.ADMINISTRATOR))
    app = visitor.client.application
    for _, method, address in addresses(app):
        if method in {"POST", "PUT", "PATCH", "DELETE"} and not address.startswith(MACHINES):
            answer = visitor.client.open(address, method=method)
            assert answer.status_code == 400, (method, address)
    answer = visitor.client.post("/account/preferences", data={"csrf_token": "made up"})
    assert "The form was opened before you signed in, or in another browser." in page_text(answer)


def test_the_token_of_another_browser_is_refused(site: WebSite) -> None:
    visitor, other = site.signed_in("ada@x.example"), site.signed_in("eve@x.example")
    page = other.get("/account").text
    stolen = page.partition('name="csrf-token" content="')[2].partition('"')[0]
    assert visitor.client.post("/account/preferences", data={"csrf_token": stolen}).status_code == 400


def test_over_tls_cookies_stay_on_it(tls_site: WebSite) -> None:
    tls_site.person("ada@x.example")
    visitor = tls_site.visitor()
    page = visitor.client.get("/signin", base_url="https://gatepost.acme.example")
    token = page.text.partition('name="csrf-token" content="')[2].partition('"')[0]
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    form = {"login": "ada@x.example", "password": "correct horse battery staple", "csrf_token": token}
    headers = {"Referer": "https://gatepost.acme.example/signin"}
    answer = visitor.client.post("/signin", data=form, base_url="https://gatepost.acme.example", headers=headers)
    assert answer.status_code == 303
    made = [value for value in answer.headers.getlist("Set-Cookie") if value.startswith("__Host-gatepost=")]
    assert len(made) == 1
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in made[0].split(";")}
    assert "Domain" not in made[0]


def test_without_tls_nothing_is_promised(site: WebSite) -> None:
    assert "Strict-Transport-Security" not in site.visitor().get("/signin").headers


def test_static_files_are_kept_for_good_under_the_address_of_their_content(site: WebSite) -> None:
    visitor = site.visitor()
    site.person("ada@x.example")
    page = visitor.get("/signin").text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert "?v=" in address
    cached = {}
    for where in (address, "/static/gate-open.svg"):
        with visitor.get(where) as answer:
            cached[where] = answer.headers.get("Cache-Control", "")
    assert cached[address] == "public, max-age=31536000, immutable"
    assert "immutable" not in cached["/static/gate-open.svg"]


@pytest.mark.parametrize(
    ("path", "mimetype", "message"),
    [
        ("/nothing/here", "text/html", "There is nothing here"),
        ("/api/v1/nothing", "application/problem+json", "404"),
        ("/hooks/nothing", "application/json", "Not Found"),
    ],
)
def test_an_error_has_the_format_of_the_caller(site: WebSite, path: str, mimetype: str, message: str) -> None:
    answer = site.visitor().get(path)
    assert (answer.status_code, answer.mimetype) == (404, mimetype)
    assert message in answer.text


def test_an_internal_error_is_a_page_without_details(site: WebSite, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = site.signed_in("ada@x.example")

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(site.services.tokens, "all", broken)
    answer = visitor.get("/account")
    assert answer.status_code == 500
    assert "Something went wrong here" in page_text(answer)
    assert "secret of the house" not in answer.text


def test_no_page_has_a_script_or_style_of_its_own(site: WebSite) -> None:
    visitor = site.signed_in("ada@x.example", RoleGrant(Role.ADMINISTRATOR))
    for _, method, address in addresses(visitor.client.application):
        if method != "GET" or address.startswith((*MACHINES, "/api/")):
            continue
        page = visitor.get(address).text
        for forbidden in (" style=", " onclick=", " onchange=", " onsubmit=", "<script>", "<style>", "javascript:"):
            assert forbidden not in page, (address, forbidden)
        for part in page.split("<script")[1:]:
            assert part.startswith((' src="/static/', ' type="application/json"')), (address, part[:80])
        if address != "/docs":  # examples for programs
            assert not command_in(re.sub(r"<[^>]*>", " ", page)), address
