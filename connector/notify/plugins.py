"""The messengers of Apprise that Gatepost uses; imported for the first address, because Apprise is large."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from apprise import AppriseAttachment, NotifyBase, NotifyFormat
from apprise.attachment.memory import AttachMemory
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.email import NotifyEmail
from apprise.plugins.slack import NotifySlack
from apprise.plugins.workflows import NotifyWorkflows

from connector.errors import ConfigurationError
from connector.notify.attached_file import AttachedFile
from connector.notify.plugin_network import use_network
from connector.notify.way_out import WayOut
from connector.remedy import Remedy

PLUGINS: Mapping[str, type[NotifyBase]] = {
    "mailto": NotifyEmail,
    "mailtos": NotifyEmail,
    "slack": NotifySlack,
    "workflows": NotifyWorkflows,
    "json": NotifyJSON,
    "jsons": NotifyJSON,
}
"""By the scheme of an address; a test checks that these are ``message_addresses.SCHEMES``."""


def plugin_of(address: str) -> NotifyBase:
    """The messenger for an address.  Raises ConfigurationError when a part of the address is missing."""
    # Only these kinds are ever created, and not whatever the library knows under a name.
    kind = PLUGINS.get(address.partition("://")[0].lower())
    # A channel is written /#general; to a URL that would be a fragment, which is ignored.
    parts = kind.parse_url(address.replace("/#", "/%23")) if kind else None
    try:
        if kind is None or not parts:
            raise TypeError(address)
        plugin = kind(**parts)
    except TypeError:
        raise ConfigurationError("The address is not complete: a part that its kind needs is missing.") from None
    _refuse_unverified(plugin)
    return plugin


def _refuse_unverified(plugin: NotifyBase) -> None:
    """Raises ConfigurationError for an address that turns the check of certificates off."""
    if not plugin.verify_certificate:
        raise ConfigurationError(
            "The address says verify=no: certificates are always checked.",
            remedy=Remedy(
                "Leave it out. Whoever runs Gatepost gives the certificate of the company's authority.",
                "Leave it out, and give the company's authority with GATEPOST_CA_FILE.",
            ),
        )


def send(address: str, title: str, body: str, way_out: WayOut, files: Sequence[AttachedFile] = ()) -> bool:
    """Whether the message was accepted.  Raises ConfigurationError."""
    plugin = plugin_of(address)
    use_network(way_out.network, way_out.mail_proxy)
    # A host on the list that leads on to another one does not put that one on it.
    plugin.redirects = False
    attached = None
    if files:
        attached = AppriseAttachment()
        for one in files:
            attached.add(AttachMemory(content=one.content, name=one.name, mimetype=one.media_type))  # type: ignore[no-untyped-call]
    return bool(plugin.notify(body=body, title=title, body_format=NotifyFormat.TEXT, attach=attached))
