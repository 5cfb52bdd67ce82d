"""Names of people in what is stored, and the same without them: what hashes are made of (deploy/adr/0069).

``personal_data.sql`` of the migrations does the same in the database; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from connector.store.database.json_codec import Json, json_digest

Names: TypeAlias = "dict[str, list[str]]"
"""By account of a tool, the names that stand for it in a text: the shown one and what it signs in with."""

SHORTEST = 3
"""Characters of a name that is looked for inside a sentence; a shorter one is a name only where it stands alone."""
WORDS = frozenset(
    {
        "id", "gate", "stage", "verb", "kind", "code", "colour", "role", "origin", "status", "connection", "key",
        "currency", "version", "digest",
    }
)  # fmt: skip
"""Keys whose values decide something: never a name."""


def people_names(*documents: Json) -> Names:
    """The people in these documents; a person has an id, a name, and what is known of who is behind it."""
    found: dict[str, set[str]] = {}
    for document in documents:
        _collect(document, found)
    return {account: sorted(names) for account, names in sorted(found.items())}


def _collect(value: Json, found: dict[str, set[str]]) -> None:
    if isinstance(value, dict):
        account, name = value.get("id"), value.get("name")
        if isinstance(account, str) and isinstance(name, str) and "identities" in value:
            names = found.setdefault(account, set())
            names.update(one for one in (name, value.get("login")) if isinstance(one, str) and one not in {"", account})
        else:
            for part in value.values():
                if type(part) in _NESTED:
                    _collect(part, found)
    elif isinstance(value, list):
        for part in value:
            if type(part) in _NESTED:
                _collect(part, found)


_NESTED = frozenset({dict, list})


def named_in(names: Mapping[str, Iterable[str]], *texts: str) -> Names:
    """Only those that stand in one of these texts, which may be JSON."""
    return {
        account: list(known)
        for account, known in names.items()
        if any(account in text or any(name in text for name in known) for text in texts)
    }


class Nameless:
    """Takes names out of documents: each becomes ``account`` and the account's id."""

    def __init__(self, names: Mapping[str, Iterable[str]]) -> None:
        pairs = [(account, name) for account, known in names.items() for name in known if name]
        self._pairs = sorted(pairs, key=lambda pair: (-len(pair[1]), pair[1], pair[0]))
        self._accounts = frozenset(names)
        self._any = re.compile("|".join(re.escape(name) for _, name in self._pairs)) if self._pairs else None

    def document(self, value: Json) -> Json:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.document(part) for part in value]
        if isinstance(value, dict):
            account = value.get("id")
            held = isinstance(account, str) and account in self._accounts
            return {
                key: [] if held and key == "identities" else part if key in WORDS else self.document(part)
                for key, part in value.items()
            }
        return value

    def text(self, value: str) -> str:
        if self._any is None or self._any.search(value) is None:
            return value
        found, tokens = value, {}
        for number, (account, name) in enumerate(self._pairs):
            if len(name) < SHORTEST and value != name:
                continue
            token = f"\x01{number}\x02"
            found, tokens[token] = found.replace(name, token), account
        for token, account in tokens.items():
            found = found.replace(token, f"account {account}")
        return found


def nameless_digest(value: Json, names: Mapping[str, Iterable[str]]) -> str:
    """SHA-256 of the canonical JSON without these names."""
    return json_digest(Nameless(names).document(value) if names else value)
