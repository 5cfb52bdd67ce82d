"""ServiceNow's records as work items.

One column comes in six encodings (plain text, ``{value, display_value}``, ``{link, value}``, typed values
of the Change API, …); empty is ``""``, rarely null.  Nothing here raises on any JSON object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeGuard

from connector.http.json_values import Json, JsonObject, as_text
from governance.evidence import LifeCycle, OpenItem
from governance.measure import Person
from governance.money import Money, is_reasonable
from mapping.work_item import Comment, FieldValue, StatusCategory

_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
_CURRENCY = re.compile(r"([A-Z]{3});(-?[0-9.]+)")
_CODE = re.compile(r"\b[A-Z]{3}\b")
NUMBERS = frozenset({"integer", "decimal", "float", "longint", "percent_complete", "numeric"})
CLOSED, CANCELLED = "3", "4"
"""change_request.state; https://www.servicenow.com/docs, "Change states"."""


def raw_value(column: Json | None) -> str:
    """The stored value of a column in any encoding; booleans as ``true`` and ``false``."""
    if isinstance(column, Mapping):
        column = column["value"] if "value" in column else column.get("sys_id", column.get("display_value"))
    if isinstance(column, bool):
        return "true" if column else "false"
    return as_text(column)


def display_value(column: Json | None) -> str:
    """What a person sees in a column."""
    if isinstance(column, Mapping):
        return as_text(column.get("display_value")) or raw_value(column)
    return raw_value(column)


def is_true(column: Json | None) -> bool:
    return raw_value(column).casefold() in {"true", "1"}


def column_value(
    column: Json | None, kind: str, reference: str, active: Json | None, currency: str | None = None
) -> FieldValue:
    """A column by the dictionary's type; what does not fit its type stays text.

    ``currency`` is what bare amounts of currency columns are in: that of the account which reads them.
    """
    value = raw_value(column)
    if not value:
        return None
    if kind == "reference":
        if reference == "sys_user":
            known = raw_value(active)
            # A deleted user, or one that is hidden from us, has no name here; its sys_id is none.
            shown = as_text(column["display_value"]) if _has_display(column) else display_value(column)
            return Person(value, shown, is_true(active) if known else None)
        return display_value(column)
    if kind == "boolean":
        return is_true(column)
    if kind == "glide_date":
        return _date(value) or value
    if kind in {"glide_date_time", "due_date"}:
        return moment(value) or value
    if kind in {"currency", "price", "currency2"}:
        return _money(value, currency)
    if kind in NUMBERS:
        number = _decimal(value)
        return value if number is None else number
    return display_value(column)


def _has_display(column: Json | None) -> TypeGuard[JsonObject]:
    return isinstance(column, Mapping) and "display_value" in column


def moment(value: str) -> datetime | None:
    """``YYYY-MM-DD HH:MM:SS``, which is UTC in a raw value."""
    try:
        return datetime.strptime(value, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def status_category(row: JsonObject) -> StatusCategory:
    """By ``active`` and the state: numeric states differ between tables, but closed records are inactive."""
    if raw_value(row.get("active")) and not is_true(row.get("active")):
        return StatusCategory.DONE
    state = _decimal(raw_value(row.get("state")))
    if state is None:
        return StatusCategory.UNKNOWN
    return StatusCategory.NEW if state in {Decimal(-5), Decimal(1)} else StatusCategory.INDETERMINATE


def change_is_open(row: JsonObject) -> bool:
    """Not closed, or not known to be closed successfully; a cancelled change blocks nothing.

    The vendor's codes are *successful*, *successful with issues* and *unsuccessful*; customers add their own, such as
    *backed out*, and of a hidden or empty one nobody knows what it would say.
    """
    state = raw_value(row.get("state")).partition(".")[0]
    if state == CANCELLED:
        return False
    return state != CLOSED or not raw_value(row.get("close_code")).casefold().startswith("successful")


def open_item(row: JsonObject, url: str = "") -> OpenItem:
    priority = display_value(row.get("priority"))
    return OpenItem(
        raw_value(row.get("number")),
        raw_value(row.get("short_description")),
        display_value(row.get("state")),
        url,
        priority,
    )


RETIRED = {"operational_status": "6", "install_status": "7"}
"""https://www.servicenow.com/docs, "CI life cycle": operational status *Retired*, install status *Retired*."""
END_OF_LIFE = "end of life"


def life_cycle(row: JsonObject) -> LifeCycle:
    """Of a service; unstated when the record has none of the columns for it."""
    stage = display_value(row.get("life_cycle_stage")).casefold()
    states = {column: raw_value(row.get(column)) for column in RETIRED}
    if stage == END_OF_LIFE or any(states[column] == value for column, value in RETIRED.items()):
        return LifeCycle.RETIRED
    return LifeCycle.ACTIVE if stage or any(states.values()) else LifeCycle.UNSTATED


def comment(row: JsonObject, people: Mapping[str, Person]) -> Comment | None:
    """A journal entry; ``people`` are the instance's users by user name."""
    login, at = raw_value(row.get("sys_created_by")), moment(raw_value(row.get("sys_created_on")))
    if not login or at is None:
        return None
    author = people.get(login, Person(f"user_name:{login}", login, login=login))
    return Comment(raw_value(row.get("sys_id")), author, at, raw_value(row.get("value")))


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None


def _decimal(value: str) -> Decimal | None:
    """``None`` for what is written in another locale, where a comma stands before the decimals: ``1.234,50``."""
    if "," in value and not _GROUPED.fullmatch(value.strip()):
        return None
    try:
        number = Decimal(value.replace(",", ""))
    except ArithmeticError:
        return None
    return number if is_reasonable(number) else None


def _money(value: str, currency: str | None) -> FieldValue:
    coded = _CURRENCY.fullmatch(value)
    if coded:
        amount = _decimal(coded[2])
        return value if amount is None else Money(amount, coded[1])
    amount = _decimal(value)
    if amount is None:
        # Read later, as people write amounts; what it is in must not be lost until then.
        return value if currency is None or _CODE.search(value) else f"{currency} {value}"
    return amount if currency is None else Money(amount, currency)
