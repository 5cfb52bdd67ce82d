"""The throttle on guessing passwords and codes; in the database, so for all web servers at once.

Guesses are counted for the pair of login and address: whoever guesses at a login slows down nobody but the guesser.  A
browser in which the person has signed in before is counted apart, by itself alone, so that no guess of others, not even
from the same address, keeps the person out there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import Engine, delete, insert, select, text

from connector.store.database.tables import FAILED_SIGN_IN


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """Who tries to sign in as whom."""

    login: str
    address: str
    """The network address of the browser."""
    device: str | None = None
    """What names a browser in which this person has signed in before, or a session of theirs."""
    code: bool = False
    """Whether it is the code of the second factor that is tried, after the right password."""


class SignInThrottle:
    WINDOW = timedelta(minutes=15)
    PER_PAIR = 10
    """Guesses at one login from one address."""
    PER_DEVICE = 10
    """Guesses of a known device at its own person's login."""
    PER_ADDRESS = 50
    """Guesses from one address, at any logins."""
    CODES_PER_LOGIN = 20
    """Codes tried for one login from any unknown devices: six digits alone would not stand against many addresses.
    Only somebody with the right password gets as far as this."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def attempt(self, attempt: SignInAttempt, *, now: datetime) -> float | None:
        """Count one attempt; ``None`` when it may be made, else the seconds until the next may.

        An attempt that is not admitted does not count, so that further attempts do not extend the wait.
        """
        limits = self._limits(attempt)
        with self._engine.begin() as transaction:
            transaction.execute(delete(FAILED_SIGN_IN).where(FAILED_SIGN_IN.c.at < now - 4 * self.WINDOW))
            waits = []
            for subject, most in limits.items():
                transaction.execute(_LOCK_SUBJECT, {"subject": subject})
                query = select(FAILED_SIGN_IN.c.at).where(
                    FAILED_SIGN_IN.c.subject == subject, FAILED_SIGN_IN.c.at > now - self.WINDOW
                )
                tried = list(transaction.execute(query.order_by(FAILED_SIGN_IN.c.at.desc()).limit(most)).scalars())
                if len(tried) >= most:
                    waits.append((tried[-1] + self.WINDOW - now).total_seconds())
            if waits:
                return float(max(waits))
            transaction.execute(insert(FAILED_SIGN_IN), [{"subject": subject, "at": now} for subject in limits])
        return None

    def clear(self, attempt: SignInAttempt) -> None:
        """The attempt was good: what was counted for this person here is forgotten, and its one of the address."""
        with self._engine.begin() as transaction:
            for subject in self._limits(attempt):
                mine = FAILED_SIGN_IN.c.subject == subject
                if subject.startswith("address:"):
                    newest = select(FAILED_SIGN_IN.c.id).where(mine).order_by(FAILED_SIGN_IN.c.id.desc()).limit(1)
                    mine = FAILED_SIGN_IN.c.id == newest.scalar_subquery()
                transaction.execute(delete(FAILED_SIGN_IN).where(mine))

    def _limits(self, attempt: SignInAttempt) -> dict[str, int]:
        """What is counted, with the most of each; always in the same order, so that two attempts do not block each
        other for good."""
        if attempt.device is not None:
            return {f"device:{attempt.device}": self.PER_DEVICE}
        login, network = attempt.login.strip().lower()[:200], network_of(attempt.address)
        limits = {f"address:{network}": self.PER_ADDRESS, f"pair:{login} {network}": self.PER_PAIR}
        return limits | ({f"code:{login}": self.CODES_PER_LOGIN} if attempt.code else {})


def network_of(address: str) -> str:
    """Whose address it is: of IPv6 the network of 64 bits, of which one subscriber has all addresses."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


_LOCK_SUBJECT = text("SELECT pg_advisory_xact_lock(hashtextextended(:subject, 4713))")
