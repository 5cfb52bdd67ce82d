"""The reference page of codes that blockers and findings end with."""

from __future__ import annotations

from docs.generator.tables import code, table
from governance.codes import ALWAYS_ON, CODES

INTRODUCTION = """\
# Codes

Every blocker and every finding is a sentence that ends with a code, so that people can search for it and count it.
Codes are stable; sentences may improve. What to do about each is in
[Blockers and what to do](../troubleshooting.md#blockers-and-what-to-do).

A code that the policy lists under `off` is not checked. Those marked *always on* cannot be switched off: they are what
a person decided, or what nobody can know.

"""


def page() -> str:
    rows = ((code(name), meaning, "always on" if name in ALWAYS_ON else "") for name, meaning in CODES.items())
    return INTRODUCTION + table(("code", "means", ""), rows)
