"""The feed over HTTP on a portfolio of five measures, as Excel, Power BI and Tableau ask it."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import psycopg
import pytest
from pptx import Presentation
from psycopg import sql
from pyarrow.parquet import read_table
from sqlalchemy import text
from sqlalchemy.engine import URL
from typer.testing import CliRunner
from werkzeug.test import TestResponse

from cli import export, report_logins
from connector.errors import ConfigurationError
from connector.people.permissions import Role, RoleGrant, TokenScope
from connector.store.accounts.report_logins import ReportLogins
from connector.store.connections.connections import ConnectionRecord
from connector.store.database.postgres import conninfo
from connector.store.feeds.ready import views_are_ready
from connector.store.feeds.views import SCHEMA, VIEWS
from mapping.load import LoadedMapping, load_mapping
from mapping.work_item import ConnectionName, Tool
from tests.connector.store.reporting.portfolio_data import GivenMeasure, line, refresh, save, save_rates
from tests.databases import Databases, as_application
from tests.mapping.test_apply import MAPPING
from tests.webhook_server.visitor import WebSite
from tests.webhook_server.visitor import site as open_site

LINES = (
    line("plan", "benefit", "2026-07", "1000000.10"), line("forecast", "benefit", "2026-11", "500000.05"),
    line("actual", "benefit", "2026-08", "250000.01"),
)  # fmt: skip
OFFICE = RoleGrant(Role.OFFICE)
READS = frozenset({TokenScope.MEASURES_READ, TokenScope.FINDINGS_READ, TokenScope.MONEY_READ})


@dataclass
class Feeds:
    site: WebSite
    tokens: dict[str, str]

    def raw(self, who: str, path: str, **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if who != "nobody" and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.tokens[who]}"
        return self.site.app.test_client().get(f"/odata/v4{path}", headers=sent)

    def get(self, who: str, path: str, **headers: str) -> dict[str, Any]:
        answer = self.raw(who, path, **headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = json.loads(answer.text, parse_float=Decimal)
        return found

    def keys(self, who: str, query: str) -> list[str]:
        return [row["key"] for row in self.get(who, f"/measure?$select=key&{query}")["value"]]

    def refused(self, who: str, path: str, **headers: str) -> tuple[int, str]:
        answer = self.raw(who, path, **headers)
        assert answer.headers["OData-Version"] in {"4.0", "4.01"}
        return answer.status_code, answer.get_json()["error"]["message"]


@pytest.fixture(scope="module")
def feeds(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Feeds]:
    with (
        databases.one() as url,
        open_site(as_application(url), tmp_path_factory.mktemp("data")) as here,
    ):
        store = here.services
        here.services.connections.save(
            ConnectionRecord(ConnectionName("jira-main"), Tool.JIRA, "https://acme.example", "bot", "token", ("s",))
        )
        loaded = load_mapping(MAPPING)
        assert isinstance(loaded, LoadedMapping)
        here.services.mappings.activate(MAPPING, loaded.version, author="tests", reason="tests")
        save_rates(store.engine)
        save(
            store.engine,
            GivenMeasure(1, lines=LINES, gate="blocked", potential="red", codes=("OPEN_WORK",), findings=("CREEP",)),
            GivenMeasure(2, ("Operations", "Branches", None, None), entity="Südbank AG", title="O'Neil & Söhne <x>",
                         lines=(line("plan", "benefit", "2026-07", "1000", "USD"),
                                line("forecast", "benefit", "2026-07", "1000", "USD"))),
            GivenMeasure(3, lines=(line("plan", "benefit", "2026-07", 1000, "SEK"),)),
            GivenMeasure(4, lines=LINES, off_ramp="cancelled"),
            GivenMeasure(5, lines=LINES, stage=None, owner="B. Lind", owner_id="l"),
        )  # fmt: skip
        refresh(store.engine)
        with store.engine.begin() as transaction:
            transaction.execute(
                text("""
                INSERT INTO status_day (measure_id, day, stage, gate, implementation, potential, reasons, plan_net, currency)
                SELECT id, date '2026-11-01' + n, 'decided', 'open', 'green', 'amber',
                       '{"implementation": "on time", "potential": "a little less"}', 12.34, 'EUR'
                FROM measure, generate_series(0, 19) AS n
            """)
            )
        found = Feeds(here, {})
        for name, grants, scopes in (
            ("office", (OFFICE,), READS),
            ("branches", (RoleGrant(Role.VIEWER, ("Operations", "Branches")),), READS),
            ("operator", (RoleGrant(Role.OPERATOR),), READS),
            ("measures", (OFFICE,), frozenset({TokenScope.MEASURES_READ})),
            ("audits", (OFFICE,), frozenset({TokenScope.AUDIT_READ})),
        ):
            person = here.person(f"{name}@acme.example", *grants)
            now = datetime.now(UTC)
            found.tokens[name] = here.services.tokens.create(
                person, "feed", scopes, expires_at=now + timedelta(days=1), by="tests", now=now
            ).token
        yield found


# --- who is let in -----------------------------------------------------------------------------------------------


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def test_excel_sends_a_name_and_the_token_as_its_password(feeds: Feeds) -> None:
    refused = feeds.raw("nobody", "/")
    assert refused.status_code == 401
    assert [one.partition(" ")[0] for one in refused.headers.getlist("WWW-Authenticate")] == ["Basic", "Bearer"]
    assert refused.get_json() == {
        "error": {
            "code": "token_missing_or_wrong",
            "message": "Send a token of Gatepost: as bearer, or as the password with your login as the name.",
        }
    }
    for sent in (basic("office@acme.example", feeds.tokens["office"]), f"Bearer {feeds.tokens['office']}"):
        assert feeds.raw("nobody", "/", Authorization=sent).status_code == 200
    for wrong in (basic("office@acme.example", "wrong"), basic("x", ""), "Basic ???", "Bearer x"):
        assert feeds.raw("nobody", "/", Authorization=wrong).status_code == 401, wrong


def test_a_password_is_no_token_of_the_api(feeds: Feeds) -> None:
    sent = {"Authorization": basic("office@acme.example", feeds.tokens["office"])}
    assert feeds.site.app.test_client().get("/api/v1/measures", headers=sent).status_code == 401


def test_everybody_sees_their_own_part_in_every_view(feeds: Feeds) -> None:
    assert feeds.keys("office", "") == ["ITX-1", "ITX-2", "ITX-3", "ITX-4", "ITX-5"]
    assert feeds.keys("branches", "") == ["ITX-2"]
    assert feeds.keys("operator", "") == []
    for view in VIEWS:
        rows = feeds.get("branches", f"/{view.name}")["value"]
        assert {row.get("measure_id", "jira-main/2") for row in rows} <= {"jira-main/2"}, view.name
        assert feeds.raw("operator", f"/{view.name}").status_code == 200
    assert feeds.get("branches", "/program?$select=program")["value"] == [{"program": "Branches"}]
    assert feeds.refused("branches", "/measure('jira-main/1')") == (
        404, "There is no such row of measure, or you may not see it.",
    )  # fmt: skip


def test_a_token_reads_the_views_of_its_scopes(feeds: Feeds) -> None:
    names = [one["name"] for one in feeds.get("measures", "/")["value"]]
    assert "measure" in names
    assert not {"finding", "finding_version", "ledger_entry"} & set(names)
    assert feeds.raw("measures", "/finding").status_code == 404
    assert "findings" not in feeds.raw("measures", "/$metadata").text
    assert feeds.refused("measures", "/measure?$expand=findings")[0] == 400
    assert feeds.refused("measures", "/measure?$filter=findings/any()")[0] == 400
    assert feeds.refused("audits", "/measure")[0] == 403


# --- the protocol ------------------------------------------------------------------------------------------------


def test_the_service_document_names_every_view(feeds: Feeds) -> None:
    for path in ("", "/"):
        answer = feeds.raw("office", path)
        assert answer.headers["OData-Version"] == "4.0"
        assert answer.headers["Content-Type"] == "application/json;odata.metadata=minimal;charset=utf-8"
        found = answer.get_json()
        assert found["@odata.context"] == "http://localhost/odata/v4/$metadata"
        assert [one["name"] for one in found["value"]] == [view.name for view in VIEWS]


def test_the_model_is_csdl_with_a_type_for_each_column(feeds: Feeds) -> None:
    answer = feeds.raw("office", "/$metadata")
    assert (answer.mimetype, answer.headers["OData-Version"]) == ("application/xml", "4.0")
    root = ET.fromstring(answer.text)  # noqa: S314 - our own answer
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    types = {kind.get("Name"): kind for kind in root.iter(f"{edm}EntityType")}
    assert list(types) == [view.name for view in VIEWS]
    for view in VIEWS:
        given = {one.get("Name"): one for one in types[view.name].iter(f"{edm}Property")}
        assert list(given) == [column.name for column in view.columns]
        assert [one.get("Name") for one in types[view.name].iter(f"{edm}PropertyRef")] == list(view.key)
        for column in view.columns:
            if column.type == "numeric":
                assert (given[column.name].get("Type"), given[column.name].get("Scale")) == ("Edm.Decimal", "variable")
    (applied,) = [
        one for one in root.iter(f"{edm}Annotation") if one.get("Term") == "Aggregation.ApplySupportedDefaults"
    ]
    assert [one.text for one in applied.iter(f"{edm}String")] == ["filter", "groupby", "aggregate"]
    sets = [one.get("Name") for one in root.iter(f"{edm}EntitySet")]
    assert sets == list(types)


@pytest.mark.parametrize(
    ("sent", "version", "kind"),
    [
        ({"OData_MaxVersion": "4.0"}, "4.0", "application/json;odata.metadata=minimal;charset=utf-8"),
        ({"OData_MaxVersion": "4.01"}, "4.01", "application/json;odata.metadata=minimal;charset=utf-8"),
        ({"Accept": "application/json;odata.metadata=none"}, "4.0", "application/json;odata.metadata=none;charset=utf-8"),
        ({"Accept": "application/json;odata.metadata=minimal;IEEE754Compatible=true"}, "4.0",
         "application/json;odata.metadata=minimal;IEEE754Compatible=true;charset=utf-8"),
        ({"Accept": "text/html,*/*;q=0.8"}, "4.0", "application/json;odata.metadata=minimal;charset=utf-8"),
    ],
)  # fmt: skip
def test_version_and_form_are_negotiated(feeds: Feeds, sent: dict[str, str], version: str, kind: str) -> None:
    answer = feeds.raw("office", "/measure?$top=1", **sent)
    assert (answer.headers["OData-Version"], answer.headers["Content-Type"]) == (version, kind)


def test_a_form_or_version_that_is_not_there_is_refused(feeds: Feeds) -> None:
    assert feeds.refused("office", "/measure", Accept="application/atom+xml")[0] == 406
    assert feeds.refused("office", "/measure?$format=xml")[0] == 415
    assert feeds.refused("office", "/measure", OData_MaxVersion="3.0")[0] == 400


def test_amounts_are_numbers_with_every_digit_or_texts(feeds: Feeds) -> None:
    path = "/measure?$select=ebitda_plan&$filter=key eq 'ITX-1'"
    assert '"ebitda_plan":1000000.10}' in feeds.raw("office", path).text
    as_text = feeds.raw("office", path, Accept="application/json;IEEE754Compatible=true").text
    assert '"ebitda_plan":"1000000.10"}' in as_text


FILTERS: tuple[tuple[str, list[str]], ...] = (
    ("key eq 'ITX-1'", ["ITX-1"]),
    ("key ne 'ITX-1' and is_open", ["ITX-2", "ITX-3", "ITX-5"]),
    ("contains(title,'O''Neil')", ["ITX-2"]),
    ("startswith(program,'Bran') or endswith(legal_entity,'bank AG') and stage eq 'cancelled'", ["ITX-2", "ITX-4"]),
    ("not in_totals", ["ITX-3", "ITX-4", "ITX-5"]),
    ("left_out eq null", ["ITX-1", "ITX-2"]),
    ("left_out ne 'no_rate'", ["ITX-1", "ITX-2", "ITX-4", "ITX-5"]),
    ("not (left_out eq 'no_rate')", ["ITX-1", "ITX-2", "ITX-4", "ITX-5"]),
    ("ebitda_plan gt 999999.99 and ebitda_plan lt 1000000.11", ["ITX-1", "ITX-4", "ITX-5"]),
    ("ebitda_plan sub ebitda_estimate gt 0 and in_totals", ["ITX-1"]),
    ("key in ('ITX-5','ITX-2','x')", ["ITX-2", "ITX-5"]),
    ("granted_stage in (null,'detailed')", ["ITX-5"]),
    ("tolower(owner) eq 'b. lind'", ["ITX-5"]),
    ("length(key) eq 5 and indexof(key,'3') eq 4", ["ITX-3"]),
    ("substring(key,4) eq '2'", ["ITX-2"]),
    ("substring(key,4,1) eq '2'", ["ITX-2"]),
    ("concat(concat(portfolio,'/'),program) eq 'Operations/Branches'", ["ITX-2"]),
    ("closed_month eq 2026-10-01 and year(closed_month) eq 2026 and month(closed_month) eq 10 and key eq 'ITX-1'",
     ["ITX-1"]),
    ("figures_at lt now() and figures_at gt 2026-11-20T00:00:00Z and date(figures_at) eq 2026-11-21 and key eq 'ITX-1'",
     ["ITX-1"]),
    ("round(ebitda_plan) eq 1000000 and floor(ebitda_plan) eq 1000000 and ceiling(ebitda_plan) eq 1000001 and in_totals",
     ["ITX-1"]),
    ("5 div 2 eq 2 and 5 divby 2 eq 2.5 and 5 mod 2 eq 1 and key eq 'ITX-1'", ["ITX-1"]),
    ("of_program/portfolio eq 'Operations'", ["ITX-2"]),
    ("of_stage/label eq 'Cancelled'", ["ITX-4"]),
    ("findings/any(f: f/code eq 'CREEP')", ["ITX-1"]),
    ("blockers/all(b: b/code eq 'OPEN_WORK')", ["ITX-1", "ITX-2", "ITX-3", "ITX-4", "ITX-5"]),
    ("roles/any(r: r/role eq 'owner' and r/of_person/name eq 'B. Lind')", ["ITX-5"]),
)  # fmt: skip


@pytest.mark.parametrize(("condition", "expected"), FILTERS, ids=[condition for condition, _ in FILTERS])
def test_filters(feeds: Feeds, condition: str, expected: list[str]) -> None:
    answer = feeds.site.app.test_client().get(
        "/odata/v4/measure", query_string={"$select": "key", "$filter": condition},
        headers={"Authorization": f"Bearer {feeds.tokens['office']}"},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    assert [row["key"] for row in answer.get_json()["value"]] == expected


def test_order_top_skip_and_count(feeds: Feeds) -> None:
    assert feeds.keys("office", "$orderby=key desc&$top=2") == ["ITX-5", "ITX-4"]
    assert feeds.keys("office", "$orderby=left_out,key desc")[:2] == ["ITX-2", "ITX-1"], "null is first"
    assert feeds.keys("office", "$orderby=of_program/portfolio desc,key&$skip=1&$top=1") == ["ITX-1"]
    found = feeds.get("office", "/measure?$count=true&$top=0&$filter=is_open")
    assert (found["@odata.count"], found["value"]) == (4, [])
    assert feeds.raw("office", "/measure/$count?$filter=in_totals").text == "2"
    assert feeds.keys("office", "top=1&OrderBy=key desc") == ["ITX-5"]


@pytest.mark.parametrize(
    "query",
    ["", "$orderby=gate desc,left_out", "$orderby=left_out desc", "$orderby=ebitda_plan desc", "$orderby=stage_since",
     "$orderby=of_program/program", "$filter=is_open&$skip=1"],
)  # fmt: skip
def test_pages_lead_to_every_row_once(feeds: Feeds, query: str) -> None:
    whole = feeds.keys("office", query)
    found: list[str] = []
    address: str | None = f"/measure?$select=key&{query}"
    pages = 0
    while address is not None:
        answer = feeds.raw("office", address, Prefer="odata.maxpagesize=2")
        assert answer.headers["Preference-Applied"] == "odata.maxpagesize=2"
        shown = answer.get_json()
        found += [row["key"] for row in shown["value"]]
        following = shown.get("@odata.nextLink")
        assert following is None or following.startswith("http://localhost/odata/v4/measure?")
        address = following.removeprefix("http://localhost/odata/v4") if following else None
        pages += 1
    assert found == whole
    assert pages == (len(whole) + 1) // 2


def test_top_holds_over_pages(feeds: Feeds) -> None:
    shown = feeds.raw("office", "/status_day?$top=3&$select=day", Prefer="maxpagesize=2").get_json()
    assert len(shown["value"]) == 2
    following = shown["@odata.nextLink"].removeprefix("http://localhost/odata/v4")
    last = feeds.raw("office", following, Prefer="maxpagesize=2").get_json()
    assert (len(last["value"]), "@odata.nextLink" in last) == (1, False)


def test_rows_inside_of_rows(feeds: Feeds) -> None:
    (row,) = feeds.get(
        "office",
        "/measure?$select=key&$expand=findings($select=code),of_program($select=program,portfolio)&$filter=key eq 'ITX-1'",
    )["value"]
    assert row == {
        "key": "ITX-1", "findings": [{"code": "CREEP"}], "of_program": {"portfolio": "IT", "program": "Cloud exit"},
    }  # fmt: skip
    day = feeds.get("office", "/status_day?$top=1&$expand=of_measure($select=key)&$select=day")["value"][0]
    assert day == {"day": "2026-11-01", "of_measure": {"key": "ITX-1"}}
    assert "of_stage" in feeds.get("office", "/measure?$expand=*&$top=1")["value"][0]


def test_one_row_its_columns_and_its_links(feeds: Feeds) -> None:
    one = feeds.get("office", "/measure('jira-main/2')?$select=key,title")
    assert one == {
        "@odata.context": "http://localhost/odata/v4/$metadata#measure(key,title)/$entity", "key": "ITX-2",
        "title": "O'Neil & Söhne <x>",
    }  # fmt: skip
    assert feeds.get("office", "/measure(measure_id='jira-main%2F2')/key")["value"] == "ITX-2"
    assert feeds.raw("office", "/measure('jira-main/2')/title/$value").text == "O'Neil & Söhne <x>"
    assert feeds.raw("office", "/measure('jira-main/2')/left_out").status_code == 204
    assert feeds.get("office", "/measure('jira-main/1')/findings?$select=code")["value"] == [{"code": "CREEP"}]
    assert feeds.raw("office", "/measure('jira-main/1')/blockers/$count").text == "1"
    assert feeds.get("office", "/measure('jira-main/1')/of_program")["program"] == "Cloud exit"
    assert feeds.get("office", "/status_day(measure_id='jira-main/1',day=2026-11-03)")["day"] == "2026-11-03"


REFUSED = (
    ("/nothing", 404, "There is no entity set nothing."),
    ("/measure?$filter=colour eq 'x'", 400, "measure has no column colour."),
    ("/measure?$select=colour", 400, "$select: measure has no column colour."),
    ("/measure?$orderby=key sideways", 400, "$orderby: key sideways is no column with asc or desc."),
    ("/measure?$top=-1", 400, "$top takes a number of rows, 0 or more."),
    ("/measure?$top=x", 400, "$top takes a number of rows, 0 or more."),
    ("/measure?$count=maybe", 400, "$count is true or false."),
    ("/measure?$search=x", 501, "$search is not supported here."),
    ("/measure?$apply=aggregate(x)", 400, "$apply: “)” at character 12 is not expected; with and how to add up is."),
    ("/measure?$apply=aggregate(key with sum as T)", 400, "T: sum is for numbers."),
    ("/measure?$apply=aggregate(is_open with max as T)", 400, "T: max is for what has an order."),
    ("/measure?$apply=aggregate(colour with max as T)", 400, "measure has no column colour."),
    ("/measure?$apply=aggregate(key with max as title)", 400, "$apply: there is a title already; give it another name."),
    ("/measure?$apply=groupby((stage),aggregate($count as N))&$orderby=key", 400, "key is no part of what $apply gives: "
     "stage, N."),
    ("/measure?$apply=groupby((stage))/filter(findings/any())", 400, "findings is no part of what $apply gives."),
    ("/measure?$apply=groupby((findings/code))", 400, "findings leads to several rows: ask with findings/any(…)."),
    ("/measure?$apply=groupby((rollup(stage,gate)))", 501, "$apply: groupby takes columns, and no rollup."),
    ("/measure?$apply=topcount(2,ebitda_plan)", 501, "$apply: topcount is not supported here; filter, groupby, aggregate "
     "are."),
    ("/measure?$apply=groupby((stage))/aggregate($count as N)", 501, "$apply adds rows up once: one groupby or aggregate "
     "is read."),
    ("/measure?$apply=groupby((stage))&$select=stage", 501, "$select is not read beside $apply: group by what is wanted."),
    ("/measure('jira-main/1')?$apply=groupby((stage))", 400, "$apply is for many rows, and the address names one."),
    ("/measure?$nonsense=1", 400, "There is no option $nonsense."),
    ("/measure?$top=1&$top=2", 400, "$top is given twice."),
    ("/measure?$skiptoken=%21", 400, "The $skiptoken is none of ours: take the address of @odata.nextLink as it is."),
    ("/measure?$skiptoken=WyJhIiwiYiJd", 400, "The $skiptoken belongs to another order."),
    ("/measure?$filter=1 div 0 eq 1", 400, "A value of the address or of a row cannot be worked out: a number that is too "
     "large, a division by zero, a text that is no date."),
    ("/measure?$expand=nothing", 400, "$expand: measure has no link nothing."),
    ("/measure?$expand=findings($top=1)", 501, "$expand takes $select inside of it, and nothing else."),
    ("/measure('jira-main/1')?$top=1", 400, "$top is for many rows, and the address names one."),
    ("/measure(1", 400, "The key of measure has no end."),
    ("/effect('x')", 400, "The key of effect is measure_id=…, version=…, kind=…, month=…, currency=…, account=…, hard=…, "
     "pl_line=…."),
    ("/measure?on=2099-01-01", 400, "2099-01-01 has not come yet: ask for a day up to today."),
    ("/measure_month?on=2026-11-21", 400, "measure_month is not kept for days of the past: leave out the day."),
    ("/measure?$filter=key eq '%00'", 400, "$filter holds a character that cannot be stored (NUL)."),
)  # fmt: skip


@pytest.mark.parametrize(("path", "status", "message"), REFUSED, ids=[path for path, *_ in REFUSED])
def test_what_is_refused_is_said_in_odatas_shape(feeds: Feeds, path: str, status: int, message: str) -> None:
    assert feeds.refused("office", path) == (status, message)


POWER_BI = {
    "Accept": "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
    "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7",
    "OData_MaxVersion": "4.0", "MaxDataServiceVersion": "3.0",
}  # fmt: skip
EXCEL = POWER_BI | {"Prefer": "odata.maxpagesize=2"}
TABLEAU = {"Accept": "application/json", "OData_Version": "4.0", "OData_MaxVersion": "4.0"}
JSON, XML = "application/json", "application/xml"
CONNECTING = [
    ("Power BI asks what there is", "", POWER_BI, JSON, {"@odata.context", "value"}),
    ("Power BI reads the model", "/$metadata", {"Accept": XML, "OData_MaxVersion": "4.0"}, XML, set()),
    ("Power BI previews a table", "/measure?$top=1000", POWER_BI, JSON, {"@odata.context", "value"}),
    ("Power BI folds steps into the address", "/measure?$filter=in_totals eq true&$select=key,ebitda_plan"
     "&$orderby=key desc&$top=4096&$skip=0", POWER_BI, JSON, {"@odata.context", "value"}),
    ("Power BI counts", "/measure?$count=true&$top=0", POWER_BI, JSON, {"@odata.context", "@odata.count", "value"}),
    ("Excel takes pages of its own size", "/measure", EXCEL, JSON, {"@odata.context", "@odata.nextLink", "value"}),
    ("Tableau asks what there is", "/", TABLEAU, JSON, {"@odata.context", "value"}),
    ("Tableau reads the model", "/$metadata", {"OData_MaxVersion": "4.0"}, XML, set()),
    ("Tableau looks at one row", "/measure?$top=1", TABLEAU, JSON, {"@odata.context", "value"}),
    ("Tableau pages by skip", "/measure?$skip=2&$top=2&$format=json", TABLEAU, JSON, {"@odata.context", "value"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "sent", "kind", "members"), [case[1:] for case in CONNECTING], ids=[case[0] for case in CONNECTING]
)
def test_what_tools_send_when_they_connect(
    feeds: Feeds, path: str, sent: dict[str, str], kind: str, members: set[str]
) -> None:
    answer = feeds.raw("office", path, **sent)
    assert (answer.status_code, answer.mimetype, answer.headers["OData-Version"]) == (200, kind, "4.0")
    if members:
        assert set(answer.get_json()) == members


def test_a_batch_is_refused_in_odatas_shape(feeds: Feeds) -> None:
    answer = feeds.site.app.test_client().post(
        "/odata/v4/$batch", data="--b", headers={"Authorization": f"Bearer {feeds.tokens['office']}"},
        content_type="multipart/mixed;boundary=b",
    )  # fmt: skip
    assert (answer.status_code, answer.headers["OData-Version"]) == (501, "4.0")
    assert answer.get_json()["error"] == {
        "code": "not_implemented", "message": "$batch is not supported here: send each request by itself.",
        "target": "$batch",
    }  # fmt: skip


def test_nothing_is_written(feeds: Feeds) -> None:
    answer = feeds.site.app.test_client().post(
        "/odata/v4/measure", json={}, headers={"Authorization": f"Bearer {feeds.tokens['office']}"}
    )
    assert answer.status_code == 405
    assert answer.get_json()["error"]["code"] == "method_not_allowed"


# --- the same figures --------------------------------------------------------------------------------------------


def test_totals_are_those_of_the_portfolio_to_the_cent(feeds: Feeds) -> None:
    rows = feeds.get("office", "/measure")["value"]
    sent = {"Authorization": f"Bearer {feeds.tokens['office']}"}
    shown = feeds.site.app.test_client().get("/api/v1/portfolio", headers=sent).get_json()
    compared = 0
    for name, amount in shown["total"]["amounts"].items():
        if amount is None or name not in rows[0]:
            continue
        of_open = name in {"pipeline", "delayed_benefit", "claimed", "validated", "unvalidated"}
        counted = [row for row in rows if row["is_open" if of_open else "in_totals"]]
        total = sum(Decimal(str(row[name] or 0)) for row in counted)
        assert total == Decimal(amount["amount"]), name
        compared += 1
    assert compared > 20
    assert shown["total"]["measures"] == len([row for row in rows if row["is_open"]])
    assert shown["total"]["counted"] == len([row for row in rows if row["in_totals"]])
    months = feeds.get("office", "/measure_month?$filter=in_totals")["value"]
    for month in shown["months"]:
        for version in ("plan", "estimate", "actual"):
            found = [Decimal(str(one["ebitda"])) for one in months
                     if one["version"] == version and one["month"] == month["month"]]  # fmt: skip
            assert (sum(found) if found else None) == (
                None if month[version] is None else Decimal(month[version]["amount"])
            )


def test_apply_adds_up_to_the_cent_what_the_rows_say(feeds: Feeds) -> None:
    months = feeds.get("office", "/measure_month?$expand=of_measure($select=program,portfolio)")["value"]
    expected: dict[tuple[str, str | None, str], list[Decimal]] = {}
    for one in months:
        if one["in_totals"]:
            key = (one["of_measure"]["portfolio"], one["of_measure"]["program"], one["version"])
            expected.setdefault(key, []).append(Decimal(str(one["ebitda"])))
    answer = feeds.get("office", "/measure_month?$apply=filter(in_totals)/groupby((of_measure/portfolio,"
                       "of_measure/program,version),aggregate(ebitda with sum as Total,ebitda with average as Mean,"
                       "ebitda with max as Most,month with min as First,month with countdistinct as Months,"
                       "$count as Rows))&$count=true")  # fmt: skip
    assert answer["@odata.context"].endswith(
        "/$metadata#measure_month(of_measure(portfolio,program),version,Total,Mean,Most,First,Months,Rows)"
    )
    assert answer["@odata.count"] == len(expected) > 3
    for row in answer["value"]:
        assert (row["@odata.id"], row["Total@odata.type"], row["First@odata.type"]) == (None, "#Decimal", "#Date")
        amounts = expected[row["of_measure"]["portfolio"], row["of_measure"]["program"], row["version"]]
        assert (row["Total"], row["Most"], row["Rows"]) == (sum(amounts), max(amounts), len(amounts))
        assert abs(row["Mean"] - sum(amounts) / len(amounts)) < Decimal("0.0001")
    whole = feeds.get("office", "/measure_month?$apply=filter(in_totals and version eq 'plan')/"
                      "aggregate(ebitda with sum as Total)")["value"]  # fmt: skip
    sent = {"Authorization": f"Bearer {feeds.tokens['office']}"}
    shown = feeds.site.app.test_client().get("/api/v1/portfolio", headers=sent).get_json()
    assert whole[0]["Total"] == Decimal(shown["total"]["amounts"]["ebitda_plan"]["amount"])


@pytest.mark.parametrize(
    ("who", "query", "expected"),
    [
        ("office", "/measure?$apply=groupby((gate),aggregate($count as N))&$orderby=N desc,gate&$top=1", [("open", 4)]),
        ("office", "/measure?$apply=groupby((gate),aggregate($count as N))/filter(N lt 2)", [("blocked", 1)]),
        ("office", "/measure?$apply=groupby((gate),aggregate($count as N))&$filter=N lt 2", [("blocked", 1)]),
        ("branches", "/measure?$apply=aggregate($count as N)", [(1,)]),
        ("office", "/measure?$apply=filter(key eq 'none')/aggregate(ebitda_plan with sum as T,$count as N)", [(None, 0)]),
        ("office", "/measure?$apply=filter(key eq 'none')/groupby((gate))", []),
        ("office", "/measure('jira-main/1')/findings?$apply=groupby((code),aggregate($count as N))", [("CREEP", 1)]),
        ("office", "/status_day?$apply=aggregate(plan_net mul 2 sub 1 with max as T)", [(Decimal("23.68"),)]),
    ],
)  # fmt: skip
def test_apply(feeds: Feeds, who: str, query: str, expected: list[tuple[object, ...]]) -> None:
    rows = feeds.get(who, query, Accept="application/json;odata.metadata=none")["value"]
    assert [tuple(row.values()) for row in rows] == expected


@pytest.mark.parametrize(
    ("query", "answered"),
    [
        pytest.param("aggregate(amount with sum as T)", False, id="all rows"),
        pytest.param("groupby((version),aggregate(amount mul 2 with max as T))", False, id="groups that mix them"),
        pytest.param("groupby((currency),aggregate(amount with sum as T))", True, id="by currency"),
        pytest.param("groupby((measure_id),aggregate(amount with sum as T))", True, id="groups of one currency each"),
        pytest.param("filter(currency eq 'USD')/aggregate(amount with sum as T)", True, id="of one currency"),
        pytest.param("aggregate($count as N,month with max as Last,amount with countdistinct as D)", True, id="no sum"),
    ],
)
def test_amounts_of_several_currencies_are_not_added_up(feeds: Feeds, query: str, *, answered: bool) -> None:
    for address in (f"/effect?$apply={query}", f"/effect/$count?$apply={query}"):
        if answered:
            assert feeds.raw("office", address).status_code == 200
        else:
            assert feeds.refused("office", address) == (
                400,
                "These amounts are in several currencies and have no sum: group by currency as well, or filter one.",
            )


def test_apply_with_filters_alone_counts_and_pages(feeds: Feeds) -> None:
    assert feeds.keys("office", "$apply=filter(in_totals)/filter(key ne 'ITX-1')") == ["ITX-2"]
    assert feeds.raw("office", "/status_day/$count?$apply=groupby((day))").text == "20"
    found, address = [], "/status_day?$apply=groupby((day),aggregate($count as N))&$top=7&$count=true"
    pages = 0
    while address:
        shown = feeds.raw("office", address, Prefer="odata.maxpagesize=3").get_json()
        found += [row["day"] for row in shown["value"]]
        address = shown.get("@odata.nextLink", "").removeprefix("http://localhost/odata/v4")
        pages += 1
    assert (pages, found) == (3, [f"2026-11-{day:02}" for day in range(1, 8)])
    as_text = "application/json;IEEE754Compatible=true"
    (row,) = feeds.get("office", "/status_day?$apply=aggregate(plan_net with sum as T)", Accept=as_text)["value"]
    assert row == {"@odata.id": None, "T@odata.type": "#Decimal", "T": "1234.00"}


def test_as_known_on_a_day(feeds: Feeds) -> None:
    now = feeds.get("office", "/measure?$select=key,ebitda_plan,stage,in_totals,currency&$filter=in_totals")["value"]
    then = feeds.get(
        "office", "/measure?on=2026-11-21&$select=key,ebitda_plan,stage,in_totals,currency&$filter=in_totals"
    )["value"]
    assert then == now
    assert feeds.get("office", "/measure?on=2026-11-20")["value"] == []
    assert feeds.get("branches", "/measure?on=2026-11-21&$select=key")["value"] == [{"key": "ITX-2"}]
    days = feeds.get("office", "/status_day?on=2026-11-03&$filter=measure_id eq 'jira-main/1'&$select=day")["value"]
    assert [row["day"] for row in days] == ["2026-11-01", "2026-11-02", "2026-11-03"]


# --- the views themselves ----------------------------------------------------------------------------------------


def test_the_database_has_the_views_of_the_catalogue(feeds: Feeds) -> None:
    with feeds.site.services.engine.connect() as connection:
        rows = connection.execute(text("""
            SELECT c.relname AS view, a.attname AS name, format_type(a.atttypid, NULL) AS kind,
                   pg_get_userbyid(c.relowner) AS owner
            FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0
            JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = :schema ORDER BY c.relname, a.attnum
        """), {"schema": SCHEMA}).all()  # fmt: skip
        assert views_are_ready(connection), "also for the processes themselves, which have no right to the schema"
    assert {row.owner for row in rows} == {"gatepost_reader"}
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row.view, []).append((row.name, row.kind))
    wanted = {view.name: [(column.name, column.type.value) for column in view.columns] for view in VIEWS}
    assert {name: sorted(columns) for name, columns in found.items()} == {
        name: sorted(columns) for name, columns in wanted.items()
    }


# --- a login of the database -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sql_login(feeds: Feeds, postgres: URL) -> Iterator[Callable[[str], list[tuple[object, ...]]]]:
    """Asks as a login of the data team, which is a member of gatepost_reports and nothing else."""
    name, secret = f"bi_{uuid4().hex[:8]}", uuid4().hex
    database = feeds.site.services.engine.url.database
    with psycopg.connect(conninfo(postgres.set(database=database)), autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE gatepost_reports").format(
                sql.Identifier(name), sql.Literal(secret)
            )
        )
        url = postgres.set(database=database, username=name, password=secret)

        def ask(statement: str) -> list[tuple[object, ...]]:
            with psycopg.connect(conninfo(url)) as session:
                for part in statement.split(";")[:-1]:
                    session.execute(part)
                return session.execute(statement.split(";")[-1]).fetchall()

        ask.name = name  # type: ignore[attr-defined]  # the login that it asks as
        yield ask
        admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


EVERYTHING_SET = """
    SELECT set_config('gatepost.all', 'on', false), set_config('gatepost.scopes', '["\\u001e"]', false);
"""
KEYS = "SELECT key FROM reporting.measure ORDER BY 1"


def test_a_login_of_the_database_sees_what_its_person_sees(feeds: Feeds, sql_login: Any) -> None:
    logins = ReportLogins(feeds.site.services.engine)
    assert sql_login(KEYS) == [], "nobody has said as whom"
    assert sql_login(EVERYTHING_SET + KEYS) == []
    logins.set(sql_login.name, "branches@acme.example", by="tests")
    assert sql_login(KEYS) == [("ITX-2",)]
    assert sql_login(EVERYTHING_SET + KEYS) == [("ITX-2",)], "a setting of its own changes nothing"
    logins.set(sql_login.name, "office@acme.example", by="tests")
    assert len(sql_login(KEYS)) == 5
    assert sql_login("SELECT sum(ebitda_plan) FROM reporting.measure WHERE in_totals") == [(Decimal("1000935.80"),)]
    assert [(one.login, one.person) for one in logins.all()] == [(sql_login.name, "office@acme.example")]
    assert logins.remove(sql_login.name, by="tests")
    assert sql_login(KEYS) == []


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1 FROM measure", "SELECT 1 FROM person", "SELECT 1 FROM report_login", "SELECT 1 FROM effect_line",
     "SET ROLE gatepost_reader; SELECT 1", "SET ROLE gatepost_app; SELECT 1", "DROP VIEW reporting.measure; SELECT 1",
     "CREATE VIEW reporting.own AS SELECT 1; SELECT 1", "CREATE TABLE own (a int); SELECT 1",
     "DELETE FROM reporting.effect; SELECT 1", "CREATE TEMPORARY TABLE own (a int); SELECT 1"],
)  # fmt: skip
def test_such_a_login_has_the_views_and_nothing_else(sql_login: Any, statement: str) -> None:
    with pytest.raises(psycopg.Error, match=r"permission denied|must be owner|cannot delete from view"):
        sql_login(statement)


# --- the same as files -------------------------------------------------------------------------------------------


def api(feeds: Feeds, who: str, path: str) -> TestResponse:
    sent = {"Authorization": f"Bearer {feeds.tokens[who]}"}
    return feeds.site.app.test_client().get(f"/api/v1{path}", headers=sent)


def test_parquet_has_the_rows_and_the_cents_of_the_feed(feeds: Feeds) -> None:
    for view in VIEWS:
        answer = api(feeds, "office", f"/reporting-views/{view.name}/parquet")
        assert (answer.status_code, answer.mimetype) == (200, "application/vnd.apache.parquet"), answer.text
        assert f"filename={view.name}.parquet" in answer.headers["Content-Disposition"]
        table = read_table(io.BytesIO(answer.data))
        assert table.column_names == [column.name for column in view.columns]
        found = feeds.raw("office", f"/{view.name}/$count").text
        assert table.num_rows == int(found), view.name
    table = read_table(io.BytesIO(api(feeds, "office", "/reporting-views/measure/parquet").data))
    assert str(table.schema.field("ebitda_plan").type) == "decimal128(38, 12)"
    counted = [row["ebitda_plan"] for row in table.to_pylist() if row["in_totals"]]
    assert sum(counted) == Decimal("1000935.80")
    own = read_table(io.BytesIO(api(feeds, "branches", "/reporting-views/measure/parquet").data))
    assert own.column("key").to_pylist() == ["ITX-2"]


def test_a_view_as_a_file_asks_for_its_scope_and_its_day(feeds: Feeds) -> None:
    assert api(feeds, "measures", "/reporting-views/ledger_entry/parquet").status_code == 404
    refused = api(feeds, "office", "/reporting-views/measure_month/parquet?on=2026-11-21")
    assert (refused.status_code, refused.get_json()["title"]) == (
        422, "measure_month is not kept for days of the past: leave out the day.",
    )  # fmt: skip
    then = api(feeds, "office", "/reporting-views/measure/parquet?on=2026-11-20")
    assert read_table(io.BytesIO(then.data)).num_rows == 0
    listed = api(feeds, "measures", "/reporting-views").get_json()["items"]
    assert [one["name"] for one in listed] == [one["name"] for one in feeds.get("measures", "/")["value"]]


def test_the_deck_over_the_api_is_the_readers_own(feeds: Feeds) -> None:
    whole = api(feeds, "office", "/portfolio/deck")
    assert (whole.status_code, whole.mimetype) == (
        200, "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    )  # fmt: skip
    texts = texts_of(whole.data)
    assert any("ITX-1" in text for text in texts)
    part = texts_of(api(feeds, "branches", "/portfolio/deck?portfolio=Operations").data)
    assert not any("ITX-1" in text for text in part)
    assert any("Part: Portfolio: Operations" in text for text in part)
    assert api(feeds, "measures", "/portfolio/deck").status_code == 403
    assert api(feeds, "office", "/portfolio/deck?on=2026-01-01").status_code == 404
    assert api(feeds, "office", "/portfolio/deck?compare=tomorrow").status_code == 422


def texts_of(content: bytes) -> list[str]:
    slides = Presentation(io.BytesIO(content)).slides
    return [shape.text_frame.text for slide in slides for shape in slide.shapes if shape.has_text_frame] + [
        cell.text for slide in slides for shape in slide.shapes if shape.has_table
        for row in shape.table.rows for cell in row.cells
    ]  # fmt: skip


def test_the_command_line_writes_the_same_files(feeds: Feeds, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = feeds.site.services.settings
    monkeypatch.setenv("DATABASE_URL", feeds.site.services.url.render_as_string(hide_password=False))
    monkeypatch.setenv("GATEPOST_SECRET_KEY", settings.secret_key or "")
    monkeypatch.setenv("GATEPOST_DATA", str(settings.data))
    run = CliRunner()
    done = run.invoke(export.app, ["parquet", str(tmp_path), "--view", "measure", "--view", "stage"])
    assert done.exit_code == 0, done.output
    assert f"{tmp_path}/measure.parquet is written: 5 rows" in done.output
    assert sorted(file.name for file in tmp_path.iterdir()) == ["measure.parquet", "stage.parquet"]
    part = ["parquet", str(tmp_path), "--view", "measure", "--as", "branches@acme.example", "--on", "2026-11-21"]
    assert run.invoke(export.app, part).exit_code == 0
    assert read_table(tmp_path / "measure.parquet").column("key").to_pylist() == ["ITX-2"]
    with pytest.raises(ConfigurationError) as refused:
        run.invoke(export.app, ["parquet", str(tmp_path), "--view", "x"], catch_exceptions=False)
    assert refused.value.at_terminal == "There is no view x. gatepost export views lists them."
    for words in (["set", "bi", "--as", "office@acme.example"], ["list"], ["remove", "bi"]):
        done = run.invoke(report_logins.reader, words)
        assert done.exit_code == 0, done.output
        assert "bi" in done.output
