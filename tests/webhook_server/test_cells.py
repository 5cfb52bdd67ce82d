"""Cells of figures, as every table of the pages has them."""

from __future__ import annotations

from decimal import Decimal

from tests.webhook_server.visitor import WebSite
from webhook_server.cells import number_cell, variance_cell


def test_a_number_leads_where_it_is_explained(site: WebSite) -> None:
    with site.app.test_request_context():
        assert number_cell(Decimal("1234.5"), 2) == '<td class="num">1,234.50</td>'
        assert number_cell(7, href="/a?b=1&c=<") == '<td class="num"><a href="/a?b=1&amp;c=&lt;">7</a></td>'
        assert number_cell(None, href="/a") == '<td class="num">–</td>'


def test_a_loss_is_marked(site: WebSite) -> None:
    with site.app.test_request_context():
        assert variance_cell(Decimal(5)) == '<td class="num ">+5</td>'
        assert variance_cell(Decimal(-5), Decimal("-0.1"), href="/why") == (
            '<td class="num loss"><a href="/why">−5</a> <span class="share">−10%</span></td>'
        )
        assert variance_cell(None, href="/why") == '<td class="num ">–</td>'
