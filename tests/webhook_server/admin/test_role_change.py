"""A change of a role on the measure's page: who sees it, who is offered to accept it, and the timeline."""

from __future__ import annotations

from connector.people.permissions import Role, RoleGrant
from governance.measure import Person
from mapping.load import LoadedMapping
from tests.connector.store.reconcile.test_assessment_store import SHOWN, loaded, record_assessment
from tests.mapping.items import item
from tests.webhook_server.admin.test_measure import CLOUD, ITX1, api, enter, fields
from tests.webhook_server.api_server import ApiServer
from tests.webhook_server.signed_in_browser import page_text

__all__ = ["api", "loaded"]

NOVAK = Person("n", "P. Novak", True)


def test_a_change_of_the_sponsor_is_offered_to_those_who_may_accept_it(api: ApiServer, loaded: LoadedMapping) -> None:
    changed = item(SHOWN | {"Sponsor": NOVAK})
    record_assessment(api.store, loaded, changed)
    assert "Accept P. Novak as sponsor" not in enter(api, "Vera", CLOUD).text(f"{ITX1}#actions").split("What others")[0]
    # The former holder has no other role here, and reads the measure all the same.
    brandt = enter(api, "Brandt", account="b")
    page = brandt.text(ITX1)
    assert "Accept P. Novak as sponsor…" in page
    assert "The sponsor was changed from M. Brandt to P. Novak; not accepted yet" in page
    form = brandt.text(f"{ITX1}/actions/accept-role?stage=sponsor")
    assert "The tool names P. Novak as sponsor in place of M. Brandt." in form
    novak = enter(api, "Novak", account="n")
    assert "P. Novak is the new sponsor: nobody accepts their own role" not in novak.text(ITX1).split("What others")[0]

    for name, grant in (("Whole", RoleGrant(Role.OFFICE)), ("Part", RoleGrant(Role.OFFICE, ("IT",)))):
        work = enter(api, name, grant).text("/work")
        assert "You have 1 open task, " in work, name
        assert "The sponsor was changed from M. Brandt to P. Novak" in work, name
    elsewhere = enter(api, "Elsewhere", RoleGrant(Role.OFFICE, ("Operations",)))
    assert "You have no open tasks." in elsewhere.text("/work")
    office = enter(api, "Berger", RoleGrant(Role.OFFICE, ("IT",)))
    shown = office.get(f"{ITX1}/actions/accept-role?stage=sponsor")
    assert "You act as Berger." in page_text(shown)
    assert office.post(f"{ITX1}/actions/accept-role", **fields(shown.text)).status_code == 303
    record_assessment(api.store, loaded, changed)
    assert "P. Novak accepted as sponsor by Berger." in office.text(ITX1)
    assert "P. Novak is sponsor in place of M. Brandt: accepted by the transformation office" in office.text(ITX1)
    assert brandt.get(ITX1).status_code in {403, 404}
