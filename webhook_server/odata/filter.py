"""Reading a ``$filter``: https://docs.oasis-open.org/odata/odata/v4.01/odata-v4.01-part2-url-conventions.html, 5.1.1.

A parser of our own, bounded in length, depth and number of terms (``deploy/adr/0066-feeds.md``).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from connector.store.feeds.expressions import AnyOf, Binary, Call, Expression, Literal, OneOf, Property, Unary
from webhook_server.odata.failure import bad_request, not_implemented
from webhook_server.odata.tokens import Kind, Token, tokens

MAX_DEPTH = 25
"""Parentheses, functions and negations inside one another."""
MAX_TERMS = 400
"""Operators, functions and values of an expression."""

FILTER = "$filter"
COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
FUNCTIONS = {
    "contains": (2, 2), "startswith": (2, 2), "endswith": (2, 2), "length": (1, 1), "indexof": (2, 2),
    "substring": (2, 3), "tolower": (1, 1), "toupper": (1, 1), "trim": (1, 1), "concat": (2, 2), "year": (1, 1),
    "month": (1, 1), "day": (1, 1), "hour": (1, 1), "minute": (1, 1), "second": (1, 1), "date": (1, 1), "now": (0, 0),
    "round": (1, 1), "floor": (1, 1), "ceiling": (1, 1),
}  # fmt: skip
"""With the number of arguments, at least and at most."""


def parse_filter(text: str) -> Expression:
    """Raises ODataFailure with what is wrong, and where."""
    return Parser(text).whole()


class Parser:
    """Reads one option whose values are conditions or expressions."""

    def __init__(self, text: str, option: str = FILTER) -> None:
        self._option = option
        self._tokens = list(tokens(text, option))
        self._at = 0
        self._depth = 0
        if len(self._tokens) > MAX_TERMS * 3:
            raise bad_request(f"{self._option} has more than {MAX_TERMS} terms.", self._option)
        self._terms = 0

    def whole(self) -> Expression:
        found = self._or()
        if self._next.kind is not Kind.END:
            raise self._unexpected()
        return found

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _word(self) -> str:
        """The next name, as an operator is compared."""
        return self._next.text.lower() if self._next.kind is Kind.NAME else ""

    def _mark(self, mark: str) -> bool:
        if self._next.kind is Kind.MARK and self._next.text == mark:
            self._at += 1
            return True
        return False

    def _need(self, mark: str) -> None:
        if not self._mark(mark):
            raise self._unexpected(f"“{mark}”")

    def _unexpected(self, wanted: str = "") -> Exception:
        token = self._next
        here = f"“{token.text[:40]}” at character {token.position + 1}" if token.text else "its end"
        return bad_request(f"{self._option}: {here} is not expected{f'; {wanted} is' if wanted else ''}.", self._option)

    def _count(self, made: Expression) -> Expression:
        self._terms += 1
        if self._terms > MAX_TERMS:
            raise bad_request(f"{self._option} has more than {MAX_TERMS} terms.", self._option)
        return made

    def _or(self) -> Expression:
        return self._level(("or",), self._and)

    def _and(self) -> Expression:
        return self._level(("and",), self._comparison)

    def _level(self, operators: tuple[str, ...], below: Callable[[], Expression]) -> Expression:
        found = below()
        while (word := self._word()) in operators:
            self._take()
            found = self._count(Binary(word, found, below()))
        return found

    def _comparison(self) -> Expression:
        found = self._sum()
        word = self._word()
        if word == "in":
            self._take()
            return self._count(OneOf(found, self._choices()))
        if word == "has":
            raise not_implemented(f"{self._option}: has is for enumerations, and no column is one.", self._option)
        if word in COMPARISONS:
            self._take()
            return self._count(Binary(word, found, self._sum()))
        return found

    def _choices(self) -> tuple[Literal, ...]:
        self._need("(")
        found: list[Literal] = []
        while not found or self._mark(","):
            value = self._primary()
            if isinstance(value, Unary) and value.operator == "-" and isinstance(value.operand, Literal):
                number = value.operand.value
                value = Literal(-number) if isinstance(number, Decimal) else value
            if not isinstance(value, Literal):
                raise bad_request(f"{self._option}: in takes a list of values.", self._option)
            found.append(value)
        self._need(")")
        return tuple(found)

    def _sum(self) -> Expression:
        return self._level(("add", "sub"), self._product)

    def _product(self) -> Expression:
        return self._level(("mul", "div", "divby", "mod"), self._primary)

    def _primary(self) -> Expression:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise bad_request(f"{self._option} goes more than {MAX_DEPTH} levels deep.", self._option)
        try:
            return self._count(self._part())
        finally:
            self._depth -= 1

    def _part(self) -> Expression:
        token = self._next
        if token.kind is Kind.LITERAL:
            self._take()
            return Literal(token.value)
        if self._mark("("):
            found = self._or()
            self._need(")")
            return found
        if self._mark("-"):
            return Unary("-", self._primary())
        if token.kind is not Kind.NAME:
            raise self._unexpected("a column, a value or a function")
        self._take()
        if token.text.lower() == "not":
            return Unary("not", self._primary())
        path = tuple(token.text.split("/"))
        if not self._mark("("):
            return Property(path)
        if len(path) > 1 and path[-1].lower() in {"any", "all"}:
            return self._any_of(path)
        return self._call(token)

    def _call(self, token: Token) -> Expression:
        name = token.text.lower()
        arguments: list[Expression] = []
        if not self._mark(")"):
            arguments.append(self._or())
            while self._mark(","):
                arguments.append(self._or())
            self._need(")")
        if name not in FUNCTIONS:
            raise not_implemented(f"{self._option}: there is no function {token.text[:40]} here.", self._option)
        least, most = FUNCTIONS[name]
        if not least <= len(arguments) <= most:
            raise bad_request(
                f"{self._option}: {name} takes {least if least == most else f'{least} or {most}'} values.", self._option
            )
        return Call(name, tuple(arguments))

    def _any_of(self, path: tuple[str, ...]) -> Expression:
        of_all = path[-1].lower() == "all"
        if self._mark(")"):
            if of_all:
                raise bad_request(f"{self._option}: all asks for a condition.", self._option)
            return AnyOf(path[:-1], "", None)
        if self._next.kind is not Kind.NAME or "/" in self._next.text:
            raise self._unexpected("a name for the row")
        variable = self._take().text
        self._need(":")
        condition = self._or()
        self._need(")")
        return AnyOf(path[:-1], variable, condition, of_all)
