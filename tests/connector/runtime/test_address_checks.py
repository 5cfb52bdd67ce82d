"""Cookies and passwords without TLS are complained of."""

from __future__ import annotations

import pytest

from connector.runtime.address_checks import address_checks, is_loopback, report_address
from connector.settings import Settings
from connector.sync.setup import Health

EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing listens here
HINT = "Put TLS in front of Gatepost, and set GATEPOST_PUBLIC_URL to the address with https."


@pytest.mark.parametrize(
    ("public_url", "host", "health", "message"),
    [
        ("https://gp.example/", EVERYWHERE, Health.GOOD, "https://gp.example: cookies are sent over TLS only"),
        (None, "127.0.0.1", Health.GOOD, "http://127.0.0.1:8600: this machine alone"),
        ("http://localhost:8600", "::1", Health.GOOD, "http://localhost:8600: this machine alone"),
        (
            "http://gp.example", "127.0.0.1", Health.BAD,
            "http://gp.example is not https: passwords and cookies of people can be read on the network",
        ),
        (
            "http://10.0.0.5:8600", EVERYWHERE, Health.BAD,
            "http://10.0.0.5:8600 is not https: passwords and cookies of people can be read on the network",
        ),
        (
            None, EVERYWHERE, Health.BAD,
            "no public address is set, and Gatepost listens on 0.0.0.0 without TLS: cookies are not marked Secure",
        ),
        (
            "http://localhost:8600", EVERYWHERE, Health.WARNING,
            "http://localhost:8600 is this machine, and Gatepost listens on 0.0.0.0 without TLS: cookies are not "
            "marked Secure",
        ),
    ],
)  # fmt: skip
def test_an_address_without_tls_is_complained_of(
    public_url: str | None, host: str, health: Health, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(public_url=public_url, host=host, trusted_proxies=1)
    (check,) = address_checks(settings)
    assert (check.subject, check.health, check.message) == ("public address", health, message)
    assert check.remedy.at_terminal == ("" if health is Health.GOOD else HINT)
    report_address(settings)
    assert (message in capsys.readouterr().out) is (health is not Health.GOOD), "also when the web server starts"


def test_a_proxy_that_is_not_trusted_makes_all_people_one(capsys: pytest.CaptureFixture[str]) -> None:
    _, check = address_checks(Settings(public_url="https://gp.example"))
    assert (check.subject, check.health) == ("trusted proxies", Health.WARNING)
    assert check.message.startswith("none, though TLS ends in front of Gatepost")


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("LOCALHOST", True), ("a.localhost", True),
     (EVERYWHERE, False), ("::", False), ("localhost.evil.example", False), ("", False)],
)  # fmt: skip
def test_what_only_this_machine_reaches(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
