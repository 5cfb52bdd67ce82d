"""Builds the site with all operations on one ServiceNow instance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import requests

from connector.http.rate_limits import RateLimiter
from connector.http.tool_access import Auth, ToolAccess
from connector.http.transport import Timeout, TokenRenewal, build_adapter, mount_adapter
from connector.servicenow.account import OwnAccountReader
from connector.servicenow.batch import ServiceNowBatch
from connector.servicenow.batched_queries import BatchedQueries
from connector.servicenow.checklist import Checklists
from connector.servicenow.client import ServiceNowClient
from connector.servicenow.editors import ServiceNowEditors
from connector.servicenow.errors import classifier
from connector.servicenow.event_parser import ServiceNowEventParser
from connector.servicenow.event_scope import ServiceNowEventScope
from connector.servicenow.evidence_scanner import ServiceNowEvidenceScanner
from connector.servicenow.fields import TableFields
from connector.servicenow.groups import Groups
from connector.servicenow.heartbeat import ServiceNowHeartbeat
from connector.servicenow.inspector import ServiceNowInspector
from connector.servicenow.instance_check import ServiceNowInstanceCheck
from connector.servicenow.money_records import ServiceNowMoneyRecords
from connector.servicenow.offerings import ServiceNowOfferings
from connector.servicenow.plans import ServiceNowPlans
from connector.servicenow.provision import ServiceNowProvisioner
from connector.servicenow.reader import ServiceNowReader
from connector.servicenow.removed_changes import ServiceNowRemovedChanges
from connector.servicenow.resource_plans import ServiceNowResourcePlans
from connector.servicenow.scanner import ServiceNowScanner
from connector.servicenow.service_directory import ServiceNowServiceDirectory
from connector.servicenow.setup import ServiceNowSetup
from connector.servicenow.ticket_history import ServiceNowTicketHistory
from connector.servicenow.timesheet import ServiceNowTimesheet
from connector.servicenow.users import Users
from connector.servicenow.verdict_table import VerdictTable
from connector.servicenow.writer import ServiceNowWriter
from connector.sync.ports import ToolSite
from mapping.work_item import Tool

BREADTH = 2
"""A batch call carries the queries for 200 records; more would make its inner addresses too long for proxies."""


def build_site(
    access: ToolAccess,
    *,
    timeout: Timeout,
    clock: Callable[[], datetime],
    limiter: RateLimiter | None = None,
    renew: TokenRenewal | None = None,
) -> ToolSite:
    """All operations on one ServiceNow instance."""
    adapter = build_adapter(
        connection=access.name,
        base_url=access.api_base_url,
        timeout=timeout,
        classify=classifier(access.name),
        clock=clock,
        limiter=limiter,
        renew=renew,
        host_rules=access.host_rules,
        network=access.network,
    )
    session = mount_adapter(requests.Session(), adapter)
    if access.auth is Auth.OAUTH:
        session.headers["Authorization"] = f"Bearer {access.credential}"
    elif access.auth is Auth.APIKEY:
        session.headers["x-sn-apikey"] = access.credential
    elif access.auth is not Auth.CERTIFICATE:
        session.auth = (access.username, access.credential)
    client = ServiceNowClient(access.api_base_url, session)
    fields = TableFields(client, clock)
    client.check = fields.check
    accounts = OwnAccountReader(access.name, client, access.username)
    batched_queries = BatchedQueries(access.name, client, classifier(access.name))
    reader = ServiceNowReader(
        access.name, access.base_url, client, fields, batched_queries, accounts, access.username, clock
    )
    checklists = Checklists(access.name, client, fields, classifier(access.name))
    users = Users(client, clock)
    editors = ServiceNowEditors(client, users, access.username)
    writer = ServiceNowWriter(access.name, client, fields, checklists, access.username)
    return ToolSite(
        access.name,
        Tool.SERVICENOW,
        reader,
        writer,
        ServiceNowEventParser(),
        service_directory=ServiceNowServiceDirectory(client, fields, accounts),
        offerings=ServiceNowOfferings(client, fields),
        planned_capacity=ServiceNowResourcePlans(client),
        finder=reader,
        join_reader=reader,
        groups=Groups(client, clock),
        editors=editors,
        personal_history=editors,
        removed_links=ServiceNowRemovedChanges(client, users, access.username),
        ticket_history=ServiceNowTicketHistory(access.name, client, clock),
        timesheet=ServiceNowTimesheet(client),
        inspector=ServiceNowInspector(access.name, client, fields),
        batch_writer=ServiceNowBatch(
            access.name, client, writer, checklists, classifier(access.name), VerdictTable(client, fields)
        ),
        setup=ServiceNowSetup(access, client, fields, accounts, adapter),
        scanner=ServiceNowScanner(client, fields, lambda: adapter.clock_skew),
        evidence_scanner=ServiceNowEvidenceScanner(
            access.name, client, fields, batched_queries, lambda: adapter.clock_skew
        ),
        event_scope=ServiceNowEventScope(access.name),
        provisioner=ServiceNowProvisioner(access.name, client, fields),
        heartbeat=ServiceNowHeartbeat(access.name, client, fields),
        instance_check=ServiceNowInstanceCheck(client, fields, batched_queries),
        money_records=ServiceNowMoneyRecords(
            access.name, client, fields, batched_queries, accounts, ServiceNowPlans(client, fields, clock)
        ),
        batches_per_read=BREADTH,
    )
