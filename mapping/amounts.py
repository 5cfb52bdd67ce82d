"""Amounts of a series as people entered them: read with their sign, of the item, its child items or joined items.

An amount with the wrong sign is never added up: nobody knows whether it is a slip of the pen, a refund, or the way in
which the tool writes costs.  It is a problem that names the field and asks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from governance.effects import BENEFITS, Account, EffectKind, EffectLine
from governance.facts import Fact, Question, Unknown
from governance.money import Money
from mapping.config import EffectsFrom, MappingConfig, MeasureRule, SeriesRule, Sign
from mapping.expressions import ExpressionScope
from mapping.match import rule_for
from mapping.sources import JoinedSource, describe_source
from mapping.values import FieldSource, joined_scopes, money_of
from mapping.work_item import ChildItem, WorkItem


@dataclass(frozen=True, slots=True)
class AmountKey:
    """A key of a series, and what its amount means."""

    name: str
    kind: EffectKind
    account: Account = Account.EBITDA

    @property
    def is_cost(self) -> bool:
        return self.kind not in BENEFITS

    @property
    def may_be_negative(self) -> bool:
        """Working capital is built up as well as released."""
        return self.account is Account.CASH


UNSTATED_KINDS = frozenset({EffectKind.LEGACY_COST, EffectKind.DEPRECIATION, EffectKind.TAX})
"""Kinds that no series names."""

AMOUNT_KEYS: tuple[AmountKey, ...] = (
    *(AmountKey(kind.value, kind) for kind in EffectKind if kind not in UNSTATED_KINDS),
    AmountKey("avoidance", EffectKind.BENEFIT, Account.AVOIDANCE),
    AmountKey("cash", EffectKind.ONE_OFF_BENEFIT, Account.CASH),
)


@dataclass(frozen=True, slots=True)
class SeriesReader:
    """Reads the amounts of one version of an item."""

    scope: ExpressionScope
    config: MappingConfig
    version: str
    series: SeriesRule
    currency: str

    def amounts(self) -> Iterator[tuple[AmountKey, FieldSource, Fact[Money]]]:
        """Each amount that the series names; ``None`` where nothing is entered."""
        for key in AMOUNT_KEYS:
            source: FieldSource | None = getattr(self.series, key.name)
            if source is None:
                continue
            if self.series.source is EffectsFrom.CHILDREN:
                yield key, source, self._of_children(key, source)
            elif isinstance(source, JoinedSource):
                yield key, source, self._of_joined(key, source)
            else:
                yield key, source, self.read(key, source, self.scope)

    def read(self, key: AmountKey, source: FieldSource, scope: ExpressionScope) -> Fact[Money]:
        """One amount, positive whatever the tool's sign of costs; unknown when its sign is wrong."""
        amount = money_of(scope, source, self.currency)
        if not isinstance(amount, Money):
            return amount
        return signed(amount, key, self.series.sign, describe_source(source))

    def left_out(self) -> Iterator[tuple[str, str]]:
        """What is left out here and its kind: a child or joined item that is a measure with money of its own."""
        for key in AMOUNT_KEYS:
            source: FieldSource | None = getattr(self.series, key.name)
            if source is not None and self.series.source is EffectsFrom.CHILDREN:
                for child in self.scope.item.child_items:
                    if self._has_own_money(child, key):
                        yield "a child item", child.key
            elif isinstance(source, JoinedSource):
                for scope in joined_scopes(self.scope, source):
                    if isinstance(scope, ExpressionScope) and self._counts_itself(scope, key):
                        yield "a joined item", scope.item.key

    def _of_children(self, key: AmountKey, source: FieldSource) -> Fact[Money]:
        """The sum over all child items; one that cannot be read makes the sum unknown, an empty one adds nothing."""
        item = self.scope.item
        if isinstance(item.children, Unknown):
            return item.children
        scopes = (
            self.scope.of(replace(item, fields=child.fields))
            for child in item.child_items
            if not self._has_own_money(child, key)
        )
        return self._sum(key, source, scopes, source, "of a child item ", "the child items hold")

    def _of_joined(self, key: AmountKey, source: JoinedSource) -> Fact[Money]:
        """The sum over the joined items that do not count the amount themselves."""
        scopes = (
            scope
            for scope in joined_scopes(self.scope, source)
            if isinstance(scope, Unknown) or not self._counts_itself(scope, key)
        )
        return self._sum(key, source, scopes, source.field)

    def _sum(
        self,
        key: AmountKey,
        source: FieldSource,
        scopes: Iterable[ExpressionScope | Unknown],
        part: FieldSource,
        of: str = "",
        holds: str = "",
    ) -> Fact[Money]:
        total: Money | None = None
        for scope in scopes:
            amount = scope if isinstance(scope, Unknown) else self.read(key, part, scope)
            if isinstance(amount, Unknown):
                return replace(amount, reason=f"{of}{amount.reason}")
            if amount is not None:
                if total is not None and total.currency != amount.currency:
                    named = describe_source(source)
                    whole = f"{holds} {named} in" if holds else f"{named} holds"
                    return Unknown(f"{whole} {total.currency} and {amount.currency}", entered=True)
                total = amount if total is None else total + amount
        return total

    def _has_own_money(self, child: ChildItem, key: AmountKey) -> bool:
        """Whether a rule makes a measure of the child and reads this amount there: one owner counts it."""
        if not child.type:
            return False
        return self._counts_itself(self.scope.of(as_item(child, self.scope.item)), key)

    def _counts_itself(self, scope: ExpressionScope, key: AmountKey) -> bool:
        rule, _ = rule_for(scope, self.config)
        return rule is not None and reads(rule, self.version, key)


def reads(rule: MeasureRule, version: str, key: AmountKey) -> bool:
    """Whether the rule counts what a measure's own fields hold of this kind, or lines of any kind of its own.

    A measure that adds its child items up counts theirs, and not what stands in its own field.
    """
    own: SeriesRule | None = getattr(rule.effects, version)
    if own is None:
        return False
    by_field = own.source is not EffectsFrom.CHILDREN and getattr(own, key.name) is not None
    return by_field or own.table is not None or own.source is EffectsFrom.PLANS


def as_item(child: ChildItem, parent: WorkItem) -> WorkItem:
    """A child as far as rules look at it; what was not read of it is unknown."""
    return WorkItem(
        tool=parent.tool,
        connection=parent.connection,
        native_id=parent.native_id,
        key=child.key,
        url="",
        type=child.type,
        project=child.project,
        title=None,
        status=child.status,
        status_category=child.status_category,
        labels=child.labels,
        components=child.components,
        fields=child.fields,
        parent=parent.key,
        assignment_group=child.assignment_group,
    )


def signed(amount: Money, key: AmountKey, sign: Sign, named: str) -> Money | Unknown:
    """The amount as a positive one; unknown, with the question, when its sign is not the one that is agreed."""
    if key.may_be_negative or amount.amount == 0:
        return amount
    below = key.is_cost and sign is Sign.NEGATIVE_COSTS
    if (amount.amount < 0) is below:
        return -amount if below else amount
    what = key.name.replace("_", " ")
    if below:
        return Question(
            f"{named} holds {amount} as {what}, and costs are below zero here (sign: negative_costs): is it "
            f"{-amount}, or no cost?",
            entered=True,
        )
    if key.is_cost:
        return Unknown(
            f"{named} holds {amount} as {what}, and amounts are entered without a sign: is it {-amount}? If the tool "
            "holds costs below zero, write sign: negative_costs in the mapping",
            entered=True,
        )
    return Question(
        f"{named} holds {amount} as {what}, and amounts are entered without a sign: is it {-amount}, or a cost?",
        entered=True,
    )


def wrong_sign(lines: Iterable[EffectLine], named: str) -> Unknown | None:
    """The question about the first line with a wrong sign; ``None`` when there is none."""
    for line in lines:
        if line.money.amount < 0 and line.account is not Account.CASH:
            found = signed(line.money, AmountKey(line.kind.value, line.kind, line.account), Sign.POSITIVE, named)
            return found if isinstance(found, Unknown) else None
    return None
