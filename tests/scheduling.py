"""Which tests run in one process, and in which order: with pytest-xdist's ``--dist loadscope``.

The tests of a file share what is costly to set up, and stay together.  So do those of several files that share more
than that.  What takes longest begins first, so that at the end nobody waits for one of the others.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

TOGETHER = {
    "tests/browser/": "tests/browser",
    "tests/cli/year/": "tests/cli/year",
    "tests/faults/test_database.py": "tests/faults",
    "tests/faults/test_events.py": "tests/faults",
    "tests/faults/test_killed.py": "tests/faults",
    "tests/faults/test_outage.py": "tests/faults",
    "tests/faults/test_tokens.py": "tests/faults",
}
"""Beginnings of tests' names, and what their processes are shared under."""

LONGEST_FIRST = (
    "tests/faults",
    "tests/browser",
    "tests/stories/test_several_processes.py",
    "tests/faults/test_machines.py",
    "tests/stories/test_scenarios.py",
    "tests/webhook_server/api/test_openapi.py",
    "tests/stories/test_story.py",
    "tests/faults/test_tool.py",
    "tests/bench/test_bench.py",
    "tests/cli/year",
    "tests/connector/store/operations/test_overview.py",
    "tests/stories/test_write_back.py",
    "tests/stories/test_sweep.py",
    "tests/stories/test_large_site.py",
    "tests/stories/test_large_instance.py",
    "tests/stories/test_connect.py",
    "tests/stories/test_mapping_life.py",
    "tests/stories/test_provision.py",
    "tests/stories/test_servicenow_app.py",
    "tests/stories/test_native_gates.py",
    "tests/cli/test_schema_check.py",
    "tests/stories/test_real_input.py",
    "tests/connector/runtime/test_refused_credentials.py",
)
"""Everything else is quicker, and comes by its number of tests."""


class Together(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out the tests of one scope after the other, the longest first."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((scope for beginning, scope in TOGETHER.items() if file.startswith(beginning)), file)

    def _assign_work_unit(self, node: WorkerController) -> None:
        longest = next((scope for scope in LONGEST_FIRST if scope in self.workqueue), None)
        if longest is not None:
            self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)
