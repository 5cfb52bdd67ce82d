"""Builds the site with all operations on one Jira."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import requests

from connector.http.rate_limits import RateLimiter
from connector.http.tool_access import Deployment, ToolAccess
from connector.http.transport import Timeout, TokenRenewal, ToolAdapter, build_adapter, mount_adapter
from connector.jira.account_report import reporter_of
from connector.jira.admin import CloudAdmin, DataCenterAdmin
from connector.jira.bulk import JiraBulk
from connector.jira.change_history import JiraChangeHistory
from connector.jira.client import JiraClient
from connector.jira.cloud import CloudClient
from connector.jira.datacenter import DataCenterClient
from connector.jira.errors import classifier
from connector.jira.event_parser import JiraEventParser
from connector.jira.evidence_scanner import JiraEvidenceScanner
from connector.jira.fields import OwnAccount, SiteFields
from connector.jira.inspector import JiraInspector
from connector.jira.live_check import LiveCheck
from connector.jira.provision import CloudProvisioner
from connector.jira.provision_datacenter import DataCenterProvisioner
from connector.jira.reader import JiraReader
from connector.jira.removed_links import JiraRemovedLinks
from connector.jira.scanner import JiraScanner
from connector.jira.setup import JiraSetup
from connector.jira.ticket_history import JiraTicketHistory
from connector.jira.timesheet import JiraTimesheet
from connector.jira.writer import JiraWriter
from connector.sync.ports import ToolSite
from connector.sync.provision import Provisioner
from mapping.work_item import Tool

BREADTH = 5
"""Batches in one read: the children of all of them come with one search, and its query stays short enough."""


def build_site(
    access: ToolAccess,
    *,
    timeout: Timeout,
    clock: Callable[[], datetime],
    limiter: RateLimiter | None = None,
    renew: TokenRenewal | None = None,
) -> ToolSite:
    """All operations on one Jira."""
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
    client = client_of(access, adapter)
    fields, own = SiteFields(client, clock), OwnAccount(client)
    history = JiraChangeHistory(client, fields, own)
    scanner = JiraScanner(client, lambda: adapter.clock_skew)
    reader = JiraReader(access.name, access.base_url, client, fields, own)
    return ToolSite(
        access.name,
        Tool.JIRA,
        reader,
        JiraWriter(access.name, client, fields, own),
        JiraEventParser(),
        timesheet=JiraTimesheet(client),
        finder=reader,
        join_reader=reader,
        inspector=JiraInspector(access.name, client, fields, reader),
        setup=JiraSetup(access, client, adapter),
        scanner=scanner,
        evidence_scanner=JiraEvidenceScanner(access.name, client, scanner, fields, lambda: adapter.clock_skew),
        bulk_editor=JiraBulk(client, fields) if isinstance(client, CloudClient) else None,
        change_history=history,
        editors=history,
        personal_history=history,
        removed_links=JiraRemovedLinks(client, own),
        ticket_history=JiraTicketHistory(client, fields, clock),
        provisioner=provisioner_of(access, client),
        live_check=LiveCheck(client, CloudAdmin(client)) if isinstance(client, CloudClient) else None,
        account_reporter=reporter_of(access, client.session) if isinstance(client, CloudClient) else None,
        batches_per_read=BREADTH,
    )


def client_of(access: ToolAccess, adapter: ToolAdapter) -> JiraClient:
    headers = language_headers(access.language)
    if access.deployment is Deployment.DATACENTER:
        return DataCenterClient(access, adapter, headers)
    session = mount_adapter(requests.Session(), adapter)
    session.headers.update(headers)
    return CloudClient(access, session)


def language_headers(language: str) -> dict[str, str]:
    """What asks for names in a language, whatever the account's profile says.

    https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/#special-headers
    """
    given = {"Accept-Language": language.replace("_", "-"), "X-Force-Accept-Language": "true"}
    return given if language else {}


def provisioner_of(access: ToolAccess, client: JiraClient) -> Provisioner | None:
    if isinstance(client, CloudClient):
        return CloudProvisioner(access.name, client, CloudAdmin(client))
    if isinstance(client, DataCenterClient):
        return DataCenterProvisioner(access.name, client, DataCenterAdmin(client))
    return None
