"""Days and months in the sentences that people read, as every page writes them."""

from __future__ import annotations

from datetime import date, datetime

from governance.money import Period

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""Whatever language the machine speaks: the sentences are English."""


def day_text(day: date) -> str:
    """``1 Nov 2026``; of a moment its day in UTC, as it is kept."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def moment_text(moment: datetime) -> str:
    """``1 Nov 2026 14:05``, in UTC, as it is kept."""
    return f"{day_text(moment)} {moment:%H:%M}"


def month_text(month: Period) -> str:
    """``Nov 2026``; what a person types stays 2026-11."""
    return f"{MONTHS[month.month - 1]} {month.year}"


def span_text(first: Period, last: Period) -> str:
    """``Nov 2026``, or ``Aug 2026 to Nov 2026``."""
    return month_text(last) if first == last else f"{month_text(first)} to {month_text(last)}"
