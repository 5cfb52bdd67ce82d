"""``gatepost money capitalisation``: what of a period may be capitalised, as a signed file, and its check."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.operating_user import operating_user
from connector.bootstrap import bootstrap
from connector.errors import ConfigurationError
from connector.finance.capitalisation_file import as_csv, as_json, capitalised_measures
from connector.finance.signed_file import SignatureInvalid, sign, signature_path, verify
from connector.notify.audit_anchor import PURPOSE, AnchorKeys
from connector.remedy import Remedy
from connector.settings import Settings
from connector.store.database import audit
from connector.vault import open_vault
from governance.capitalisation import Treatment
from governance.money import Period
from governance.time_text import month_text

VERIFY = "verify"


def capitalisation(
    period: Annotated[str, typer.Argument(help="2026-10; or verify, to check a file")],
    file: Annotated[Path | None, typer.Argument(help="With verify: the file; its signature is FILE.sig")] = None,
    out: Annotated[
        Path | None, typer.Option(help="File to write, .json or .csv; its signature goes to FILE.sig")
    ] = None,
) -> None:
    """Write what of a month may be capitalised, with the checklist of each measure, as a signed file; or verify one."""
    if period == VERIFY:
        _verify(file)
        return
    if file is not None or out is None:
        raise ConfigurationError(
            "A month and the file to write are missing.",
            remedy=Remedy(command="Write gatepost money capitalisation 2026-10 --out FILE, or … verify FILE."),
        )
    _write(_period(period), out)


def _write(period: Period, out: Path) -> None:
    if out.suffix.lower() not in {".json", ".csv"}:
        raise ConfigurationError(f"{out.name}: end the file's name with .json or .csv.")
    by, now = operating_user(), datetime.now(UTC)
    with bootstrap(Settings(), application="gatepost money") as services:
        with services.engine.connect() as connection:
            measures = sorted(capitalised_measures(connection, period), key=lambda one: (one.key, one.id))
        content = (as_csv if out.suffix.lower() == ".csv" else as_json)(measures, period).encode()
        keys = AnchorKeys(services.vault.derive_keys(PURPOSE))
        signature = sign(keys, content, str(period), by, now)
        try:
            out.write_bytes(content)
            signature_path(out).write_text(signature, encoding="utf-8")
        except OSError as error:
            raise ConfigurationError(f"{out} cannot be written: {error}") from None
        detail = {"text": f"Capitalisation of {period} written and signed.", "measures": len(measures),
                  "sha256": hashlib.sha256(content).hexdigest()}  # fmt: skip
        with services.engine.begin() as transaction:
            entry = {"actor": by, "action": "capitalisation.signed", "subject": f"month/{period}", "detail": detail}
            audit.record(transaction, [entry])
    capitalised = sum(one.found.treatment is Treatment.CAPEX for one in measures)
    count = "1 measure" if len(measures) == 1 else f"{len(measures):,} measures"
    typer.echo(f"{count} with cost in {month_text(period)}: {capitalised:,} may be capitalised.")
    for one in measures:
        for sums in one.amounts:
            if sums.to_expense.amount:
                asked = "; ".join(f"{item.item.label}: {item.evidence}" for item in one.found.open_items)
                typer.echo(f"{one.key}: {sums.to_expense} is booked as capex and has to be expensed ({asked})")
    typer.echo(f"Written to {out}, signed in {signature_path(out).name}.")


def _verify(file: Path | None) -> None:
    if file is None:
        raise ConfigurationError(
            "The file to check is missing.",
            remedy=Remedy(command="Name it: gatepost money capitalisation verify FILE"),
        )
    try:
        content, signature = file.read_bytes(), signature_path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} and {signature_path(file).name} cannot be read: {error}") from None
    settings = Settings()
    keys = AnchorKeys(open_vault(settings.secret_key, settings.data).derive_keys(PURPOSE))
    try:
        signed = verify(keys, content, signature)
    except SignatureInvalid as error:
        raise ConfigurationError(f"{file.name} is not as it was signed: {error}.") from None
    typer.echo(f"{file.name} is as it was signed on {signed.at} by {signed.by}, for {signed.period}.")


def _period(value: str) -> Period:
    try:
        return Period.parse(value)
    except ValueError:
        raise ConfigurationError(f'"{value}" is no month; write 2026-10.') from None
