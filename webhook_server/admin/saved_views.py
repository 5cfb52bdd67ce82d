"""``/account/views``: the views that the viewer keeps of a page, for the menu *Views* above its tables."""

from __future__ import annotations

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue

from connector.bootstrap import system_clock
from connector.errors import ConfigurationError
from connector.people.permissions import PersonId
from connector.store.accounts.views import SavedView, SavedViews
from webhook_server.auth import current_viewer, services
from webhook_server.permission import for_all_signed_in


def add_saved_views(blueprint: Blueprint) -> None:
    """Their addresses; a script asks for them."""
    for view in (views, keep_view, remove_view):
        for_all_signed_in(view)
    blueprint.add_url_rule("/views", "views", views)
    blueprint.add_url_rule("/views", "keep_view", keep_view, methods=["POST"])
    blueprint.add_url_rule("/views/remove", "remove_view", remove_view, methods=["POST"])


def views() -> ResponseReturnValue:
    return _listed(request.args.get("path", ""))


def keep_view() -> ResponseReturnValue:
    path = request.form.get("path", "")
    kept = SavedView(request.form.get("name", ""), request.form.get("address", ""))
    try:
        SavedViews(services().engine).keep(_person(), path, kept, system_clock())
    except ConfigurationError as error:
        return jsonify({"problem": str(error)}), 422
    return _listed(path)


def remove_view() -> ResponseReturnValue:
    path = request.form.get("path", "")
    SavedViews(services().engine).remove(_person(), path, request.form.get("name", ""))
    return _listed(path)


def _listed(path: str) -> ResponseReturnValue:
    if "\x00" in path:
        return jsonify([])
    found = SavedViews(services().engine).of(_person(), path)
    return jsonify([{"name": one.name, "address": one.address} for one in found])


def _person() -> PersonId:
    person = current_viewer().person
    if person is None:
        abort(403)
    return person
