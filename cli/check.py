"""``gatepost check``: a gate's answer as an exit status, for pipelines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import requests
import typer

from connector.bootstrap import MappingCache, bootstrap
from connector.http.transport import LOOPBACK
from connector.measures.gate_check import CannotSay, ask
from connector.settings import Settings
from connector.store.database.json_codec import to_json

SECONDS = (5.0, 30.0)
"""To connect to a server, and to wait for its answer."""

SHUT, UNSAID = 1, 2


def check(
    key: Annotated[str, typer.Argument(help="Key of the item (ITX-7, PRJ0000012) or id of the measure")],
    gate: Annotated[str, typer.Option(help="The stage that the gate leads into: implemented")],
    as_json: Annotated[bool, typer.Option("--json", help="The answer as JSON")] = False,
    server: Annotated[
        str | None, typer.Option(help="Ask this Gatepost server, with a token; the local database when left out")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="GATEPOST_TOKEN", show_envvar=True, help="API token with the scope read"),
    ] = None,
) -> None:
    """Ask whether a gate is open.  Exit status 0: open; 1: shut, with the checklist; 2: it cannot be said."""
    found = _of_server(server, token, key, gate) if server is not None else _of_database(key, gate)
    if as_json:
        typer.echo(json.dumps({name: part for name, part in found.items() if name != "text"}, indent=1))
    else:
        typer.echo(found["text"])
    if not found["open"]:
        raise typer.Exit(SHUT)


def _of_database(key: str, gate: str) -> Mapping[str, Any]:
    with bootstrap(Settings(), application="gatepost check") as services:
        active = MappingCache(services.mappings).active()
        policy = active.policies.base if active is not None else None
        answer = ask(services.measures.find(key), key, gate, policy)
    if isinstance(answer, CannotSay):
        raise _unsaid(answer.problem, answer.hint)
    shown = to_json(answer)
    return {**shown, "text": answer.text} if isinstance(shown, dict) else {}


def _of_server(server: str, token: str | None, key: str, gate: str) -> Mapping[str, Any]:
    parts = urlsplit(server)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise _unsaid(f"{server!r} is no address.", "Write it as https://gatepost.acme.example")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise _unsaid(f"{server} would send the token in the clear.", "Use https.")
    if not token:
        raise _unsaid("There is no token.", "Make one with: gatepost token create, and put it into GATEPOST_TOKEN.")
    url = f"{server.rstrip('/')}/api/v1/gates/{quote(key, safe='')}/{quote(gate, safe='')}"
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    try:
        answer = requests.get(url, headers=headers, timeout=SECONDS, allow_redirects=False)
        body = answer.json()
    except requests.JSONDecodeError:
        raise _unsaid(
            f"{server} answered {answer.status_code} without JSON.", "Is this the address of Gatepost?"
        ) from None
    except requests.RequestException as error:
        raise _unsaid(
            f"{server} does not answer ({type(error).__name__}).", "Is it running, and reachable from here?"
        ) from None
    # A gate that is shut is an answer, with the status 409; anything else that is no 200 is a problem.
    if isinstance(body, dict) and answer.status_code in {200, 409} and isinstance(body.get("open"), bool):
        return body
    told = body if isinstance(body, dict) else {}
    raise _unsaid(str(told.get("title", f"{server} answered {answer.status_code}.")), str(told.get("detail", "")))


def _unsaid(problem: str, hint: str) -> typer.Exit:
    """Tells why nothing can be said; to be raised."""
    typer.echo(f"{problem} {hint}".strip(), err=True)
    return typer.Exit(UNSAID)
