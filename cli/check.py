"""``gatepost check``: whether a gate is open, as an exit status for pipelines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import requests
import typer

from cli.secret_input import TOKEN, TokenFile, read_secret
from connector.bootstrap import MappingCache, bootstrap
from connector.http.failures import failure_of
from connector.http.network import network_of
from connector.http.network_adapter import network_session, port_of
from connector.http.transport import LOOPBACK_HOSTS
from connector.measures.gate_check import NoAnswer, check_gate
from connector.settings import Settings
from connector.store.database.json_codec import to_json

TIMEOUT_SECONDS = (5.0, 30.0)
"""To connect to a server, and to wait for its answer."""

SHUT, NO_ANSWER = 1, 2


def check(
    key: Annotated[str, typer.Argument(help="Key of the item (ITX-7, PRJ0000012) or id of the measure")],
    gate: Annotated[str, typer.Option(help="The stage that the gate leads into: implemented")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON")] = False,
    server: Annotated[
        str | None, typer.Option(help="Ask this Gatepost server, with a token; the database by default")
    ] = None,
    token_file: TokenFile = None,
) -> None:
    """Check whether a gate is open.  Exit status 0: open; 1: shut, with the checklist; 2: no answer."""
    answer = (
        _ask_server(server, read_secret(token_file, TOKEN), key, gate)
        if server is not None
        else _ask_database(key, gate)
    )
    if as_json:
        typer.echo(json.dumps({name: value for name, value in answer.items() if name != "text"}, indent=1))
    else:
        typer.echo(answer["text"])
    if not answer["open"]:
        raise typer.Exit(SHUT)


def _ask_database(key: str, gate: str) -> Mapping[str, Any]:
    with bootstrap(Settings(), application="gatepost check") as services:
        active = MappingCache(services.mappings).active()
        policy = active.policies.base if active is not None else None
        answer = check_gate(services.measures.find(key), key, gate, policy)
    if isinstance(answer, NoAnswer):
        raise _no_answer(answer.problem, answer.hint)
    fields = to_json(answer)
    return {**fields, "text": answer.text} if isinstance(fields, dict) else {}


def _ask_server(server: str, token: str | None, key: str, gate: str) -> Mapping[str, Any]:
    parts = urlsplit(server)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise _no_answer(f"{server!r} is not an address.", "Write it as https://gatepost.acme.example")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise _no_answer(f"{server} would send the token unencrypted.", "Use https.")
    if not token:
        raise _no_answer("There is no token.", "Create one with: gatepost token create, and set GATEPOST_TOKEN.")
    url = f"{server.rstrip('/')}/api/v1/gates/{quote(key, safe='')}/{quote(gate, safe='')}"
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    network = network_of(Settings())
    try:
        with network_session(network) as session:
            answer = session.get(url, headers=headers, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        body = answer.json()
    except requests.JSONDecodeError:
        raise _no_answer(
            f"{server} answered {answer.status_code} without JSON.", "Is this the address of Gatepost?"
        ) from None
    except requests.RequestException as error:
        host, port = parts.hostname, port_of(url)
        failure = failure_of(error, host, port, network.proxy_for(host, port))
        raise _no_answer(f"{server} does not answer: {failure.what}.", failure.remedy.at_terminal) from None
    # A shut gate has status 409 and the same body; any other status is a problem.
    if isinstance(body, dict) and answer.status_code in {200, 409} and isinstance(body.get("open"), bool):
        return body
    problem = body if isinstance(body, dict) else {}
    raise _no_answer(
        str(problem.get("title", f"{server} answered {answer.status_code}.")), str(problem.get("detail", ""))
    )


def _no_answer(problem: str, hint: str) -> typer.Exit:
    """Print why there is no answer; the result is to be raised."""
    typer.echo(f"{problem} {hint}".strip(), err=True)
    return typer.Exit(NO_ANSWER)
