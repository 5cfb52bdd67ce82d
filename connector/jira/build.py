"""Everything that the flow may do to one Jira, put together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import requests

from connector.http.rate_limits import Limiter
from connector.http.tool_access import Access, Deployment
from connector.http.transport import Renewal, Timeout, ToolAdapter, build_adapter, seal
from connector.jira.admin import CloudAdmin, DataCenterAdmin
from connector.jira.bulk import JiraBulk
from connector.jira.client import JiraClient
from connector.jira.cloud import CloudClient
from connector.jira.datacenter import DataCenterClient
from connector.jira.errors import classifier
from connector.jira.event_parser import JiraDoor
from connector.jira.fields import OwnAccount, SiteFields
from connector.jira.inspector import JiraInspector
from connector.jira.provision import CloudProvisioner
from connector.jira.provision_datacenter import DataCenterProvisioner
from connector.jira.reader import JiraReader
from connector.jira.scanner import JiraScanner
from connector.jira.setup import JiraSetup
from connector.jira.timesheet import JiraTimesheet
from connector.jira.writer import JiraWriter
from connector.sync.ports import Site
from connector.sync.provision import Provisioner
from mapping.work_item import Tool

BREADTH = 5
"""Batches that one read takes: the children of all of them come with one search, and its query stays short enough."""


def build_site(
    access: Access,
    *,
    timeout: Timeout,
    clock: Callable[[], datetime],
    limiter: Limiter | None = None,
    renew: Renewal | None = None,
) -> Site:
    """Everything that the flow may do to one Jira."""
    adapter = build_adapter(
        connection=access.name,
        base_url=access.calls,
        timeout=timeout,
        classify=classifier(access.name),
        clock=clock,
        limiter=limiter,
        renew=renew,
    )
    client = client_of(access, adapter)
    fields, own = SiteFields(client, clock), OwnAccount(client)
    cloud = access.deployment is Deployment.CLOUD
    reader = JiraReader(access.name, access.base_url, client, fields, own, native_gates=cloud)
    return Site(
        access.name,
        Tool.JIRA,
        reader,
        JiraWriter(access.name, client, fields, own),
        JiraDoor(),
        timesheet=JiraTimesheet(client),
        finder=reader,
        joiner=reader,
        inspector=JiraInspector(access.name, client, fields, reader),
        setup=JiraSetup(access, client, adapter),
        scanner=JiraScanner(client, lambda: adapter.clock_skew),
        bulk=JiraBulk(client, fields) if isinstance(client, CloudClient) else None,
        provisioner=provisioner_of(access, client),
        breadth=BREADTH,
    )


def client_of(access: Access, adapter: ToolAdapter) -> JiraClient:
    if access.deployment is Deployment.DATACENTER:
        return DataCenterClient(access, adapter)
    return CloudClient(access, seal(requests.Session(), adapter))


def provisioner_of(access: Access, client: JiraClient) -> Provisioner | None:
    if isinstance(client, CloudClient):
        return CloudProvisioner(access.name, client, CloudAdmin(client))
    if isinstance(client, DataCenterClient):
        return DataCenterProvisioner(access.name, client, DataCenterAdmin(client))
    return None
