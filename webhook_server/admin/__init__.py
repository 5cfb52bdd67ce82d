"""The pages for people: one module each.  A page is a function of the services that returns its blueprint."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint

from connector.bootstrap import Services
from webhook_server.admin.account import account
from webhook_server.admin.api_docs import api_docs
from webhook_server.admin.audit import audit
from webhook_server.admin.calendar import calendar
from webhook_server.admin.connections import connections
from webhook_server.admin.decide_together import together
from webhook_server.admin.digest import digest
from webhook_server.admin.first_administrator import first_administrator
from webhook_server.admin.home import home
from webhook_server.admin.identity_provider import provider
from webhook_server.admin.mapping import mapping
from webhook_server.admin.measure import measure
from webhook_server.admin.money import money
from webhook_server.admin.operations import operations
from webhook_server.admin.outcomes import outcomes
from webhook_server.admin.palette import palette
from webhook_server.admin.people import people
from webhook_server.admin.portfolio import portfolio
from webhook_server.admin.second_factor import second_factor
from webhook_server.admin.service import service
from webhook_server.admin.setup import setup
from webhook_server.admin.signin import signin
from webhook_server.admin.subscriptions import subscriptions
from webhook_server.admin.trace import trace
from webhook_server.admin.track_record import track_record
from webhook_server.admin.tradeoffs import tradeoff_pages
from webhook_server.admin.waiting import waiting
from webhook_server.admin.work import work

Page = Callable[[Services], Blueprint]

PAGES: tuple[Page, ...] = (
    home,
    first_administrator,
    signin,
    palette,
    provider,
    account,
    second_factor,
    people,
    connections,
    mapping,
    setup,
    portfolio,
    measure,
    work,
    together,
    money,
    service,
    outcomes,
    calendar,
    trace,
    waiting,
    tradeoff_pages,
    track_record,
    digest,
    subscriptions,
    operations,
    audit,
    api_docs,
)
