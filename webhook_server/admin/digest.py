"""``/digest``: where and how often somebody is told what waits for them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for

from connector.bootstrap import MappingCache, Services, system_clock
from connector.errors import ConfigurationError
from connector.notify.digest import Often
from connector.notify.message_addresses import Allowed, Messenger, full_address, masked
from connector.people.permissions import PersonId, Viewer
from connector.runtime.digest_sending import digests, message_for
from connector.store.notifications.digests import Wish
from webhook_server.admin.navigation import SEEING
from webhook_server.auth import current_viewer, needs

HOUR = 7
"""In the morning, before one's own work begins."""

LONGEST = 500
"""Characters of an address."""


def digest(services: Services) -> Blueprint:
    blueprint = Blueprint("digest", __name__, url_prefix="/digest")
    mappings = MappingCache(services.mappings)
    settings = services.settings
    allowed = Allowed.of(settings.digest_schemes, settings.digest_hosts, settings.mail_server)

    def page(errors: dict[str, str] | None = None) -> str:
        viewer = current_viewer()
        person = _person(viewer)
        kept = digests(services)
        wish = kept.get(person)
        message, _ = message_for(services, mappings, person, system_clock())
        return render_template(
            "work/digest.html",
            wish=wish,
            sentence=_sentence(wish, viewer),
            shown=masked(wish.target) if wish else "",
            message=message,
            days=kept.days(person),
            allowed=allowed,
            errors=errors or {},
            form=request.form,
            often=[(one.value, text) for one, text in OFTEN.items()],
            hours=[(hour, f"{hour:02d}:00") for hour in range(24)],
            hour=HOUR,
        )

    @blueprint.get("")
    @needs(*SEEING)
    def index() -> str:
        return page()

    @blueprint.post("")
    @needs(*SEEING)
    def keep() -> Response:
        """Keep the wish; an address that is left empty stays as it is."""
        viewer = current_viewer()
        person, kept = _person(viewer), digests(services)
        often, hour = _when()
        try:
            target = _target(kept.get(person), allowed, often)
        except ConfigurationError as error:
            return make_response(page({"target": str(error)}), 422)
        kept.wish(person, target, often, hour)
        flash("Nothing is sent to you from now on." if often is Often.OFF else "Kept.", "good")
        return _back()

    @blueprint.post("/try")
    @needs(*SEEING)
    def try_out() -> Response:
        """Send what waits now, to the address that is kept."""
        viewer = current_viewer()
        person = _person(viewer)
        wish = digests(services).get(person)
        if wish is None or not wish.target:
            abort(409, "Keep an address first.")
        message, _ = message_for(services, mappings, person, system_clock())
        title = message.title if message else "Gatepost: nothing waits for you"
        body = message.body if message else "This is how a digest will reach you. Nothing waits for you now."
        try:
            taken = Messenger(allowed).send(wish.target, title, body)
            told = "Sent. It should be there in a moment." if taken else "The address did not take the message."
        except ConfigurationError as error:
            taken, told = False, str(error)
        flash(told, "good" if taken else "bad")
        return _back()

    return blueprint


def _when() -> tuple[Often, int]:
    often, hour = request.form.get("often", ""), request.form.get("hour", type=int)
    if often not in {one.value for one in Often} or hour is None or not 0 <= hour <= 23:
        abort(400, "Choose how often and at what hour.")
    return Often(often), hour


def _target(before: Wish | None, allowed: Allowed, often: Often) -> str:
    """The address that is asked for.  Raises ConfigurationError when it may not be sent to."""
    target = request.form.get("target", "").strip() or (before.target if before else "")
    if len(target) > LONGEST or not target.isprintable():
        raise ConfigurationError(f"An address has up to {LONGEST} letters, in one line.")
    if target or often is not Often.OFF:
        full_address(target, allowed)
    return target


OFTEN = {Often.DAILY: "every day", Often.WEEKLY: "every Monday", Often.OFF: "never"}


def _sentence(wish: Wish | None, viewer: Viewer) -> str:
    if wish is None or wish.often is Often.OFF:
        return "Nobody tells you what waits for you; you find it on the page My work."
    often = OFTEN[wish.often]
    return f"What waits for you is told {often} at {wish.hour:02d}:00 ({viewer.time_zone}), when something waits."


def _back() -> Response:
    answer = redirect(url_for("digest.index"), 303)
    return Response(answer.get_data(), answer.status_code, answer.headers)


def _person(viewer: Viewer) -> PersonId:
    if viewer.person is None:
        abort(403, "Only a person is told.")
    return viewer.person
