"""No module imports itself through others; imports for type checking only and imports inside functions count too."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

PACKAGES = ("governance", "mapping", "connector", "webhook_server", "cli", "sandbox")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_imports_of_a_package_form_no_circle(package: str) -> None:
    graph = grimp.build_graph(package)
    order = TopologicalSorter(
        {module: graph.find_modules_directly_imported_by(module) for module in sorted(graph.modules)}
    )
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail(" → ".join(reversed(error.args[1])))
