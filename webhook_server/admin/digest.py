"""``/digest``: where and how often somebody receives their open tasks."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for

from connector.bootstrap import MappingCache, Services, system_clock
from connector.errors import ConfigurationError
from connector.notify.digest import DigestFrequency
from connector.notify.message_addresses import AllowedTargets, Messenger, full_address, masked_address
from connector.people.permissions import PersonId, Viewer
from connector.runtime.digest_sending import digest_for, digest_store
from connector.store.notifications.digests import DigestPreference
from webhook_server.admin.navigation import MEASURE_READERS
from webhook_server.auth import current_viewer, requires_role
from webhook_server.first_lines.work import digest_line
from webhook_server.page_messages import page_text

DEFAULT_HOUR = 7
"""In the morning, before work begins."""

MAX_ADDRESS_LENGTH = 500
"""Characters of an address."""


def digest(services: Services) -> Blueprint:
    blueprint = Blueprint("digest", __name__, url_prefix="/digest")
    mappings = MappingCache(services.mappings)
    settings = services.settings
    allowed = AllowedTargets.from_settings(settings.digest_schemes, settings.digest_hosts, settings.mail_server)

    def page(errors: dict[str, str] | None = None) -> str:
        viewer = current_viewer()
        person = _person(viewer)
        store = digest_store(services)
        preference = store.get(person)
        message, _ = digest_for(services, mappings, person, system_clock())
        return render_template(
            "work/digest.html",
            preference=preference,
            sentence=digest_line(preference, viewer.time_zone),
            address=masked_address(preference.address) if preference else "",
            message=message,
            results=store.recent_results(person),
            allowed=allowed,
            errors=errors or {},
            form=request.form,
            frequencies=[(frequency.value, text) for frequency, text in FREQUENCY_LABELS.items()],
            hours=[(hour, f"{hour:02d}:00") for hour in range(24)],
            default_hour=DEFAULT_HOUR,
        )

    @blueprint.get("")
    @requires_role(*MEASURE_READERS)
    def index() -> str:
        return page()

    @blueprint.post("")
    @requires_role(*MEASURE_READERS)
    def save() -> Response:
        """Save the preference; an address that is left empty stays unchanged."""
        viewer = current_viewer()
        person, store = _person(viewer), digest_store(services)
        frequency, hour = _schedule()
        try:
            target = _target(store.get(person), allowed, frequency)
        except ConfigurationError as error:
            return make_response(page({"target": page_text(error)}), 422)
        store.save_preference(person, target, frequency, hour)
        flash("You will receive no more digests." if frequency is DigestFrequency.OFF else "Saved.", "good")
        return _redirect()

    @blueprint.post("/test")
    @requires_role(*MEASURE_READERS)
    def send_test() -> Response:
        """Send the present tasks to the stored address."""
        viewer = current_viewer()
        person = _person(viewer)
        preference = digest_store(services).get(person)
        if preference is None or not preference.address:
            abort(409, "Save an address first.")
        message, _ = digest_for(services, mappings, person, system_clock())
        title = message.title if message else "Gatepost: no open tasks"
        body = message.body if message else "This is how a digest will reach you. You have no open tasks now."
        try:
            sent = Messenger(allowed, services.message_way_out).send(preference.address, title, body)
            result = "Sent. It should arrive in a moment." if sent else "The address did not accept the message."
        except ConfigurationError as error:
            sent, result = False, page_text(error)
        flash(result, "good" if sent else "bad")
        return _redirect()

    return blueprint


def _schedule() -> tuple[DigestFrequency, int]:
    frequency, hour = request.form.get("frequency", ""), request.form.get("hour", type=int)
    if frequency not in {known.value for known in DigestFrequency} or hour is None or not 0 <= hour <= 23:
        abort(400, "Choose how often and at what hour.")
    return DigestFrequency(frequency), hour


def _target(before: DigestPreference | None, allowed: AllowedTargets, frequency: DigestFrequency) -> str:
    """The entered or stored address.  Raises ConfigurationError when messages may not be sent to it."""
    target = request.form.get("target", "").strip() or (before.address if before else "")
    if len(target) > MAX_ADDRESS_LENGTH or not target.isprintable():
        raise ConfigurationError(f"An address has up to {MAX_ADDRESS_LENGTH} characters, in one line.")
    if target or frequency is not DigestFrequency.OFF:
        full_address(target, allowed)
    return target


FREQUENCY_LABELS = {
    DigestFrequency.DAILY: "every day",
    DigestFrequency.WEEKLY: "every Monday",
    DigestFrequency.OFF: "never",
}


def _redirect() -> Response:
    answer = redirect(url_for("digest.index"), 303)
    return Response(answer.get_data(), answer.status_code, answer.headers)


def _person(viewer: Viewer) -> PersonId:
    if viewer.person is None:
        abort(403, "Only a person can receive a digest.")
    return viewer.person
