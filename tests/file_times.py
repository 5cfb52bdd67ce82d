"""``make test-times``: beside the slowest tests, the files that take longest, each with the sum of its tests.

A plugin of pytest (``-p tests.file_times``), which a plain run does without.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

LISTED = 40

_seconds: defaultdict[str, float] = defaultdict(float)
_tests: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Setting up, the test and tearing down count; with several processes each of them reports here."""
    file = report.nodeid.partition("::")[0]
    _seconds[file] += report.duration
    _tests[file] += report.when == "call"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section(f"slowest {min(LISTED, len(_seconds))} of {len(_seconds)} files")
    for file, seconds in sorted(_seconds.items(), key=lambda item: -item[1])[:LISTED]:
        terminalreporter.write_line(f"{seconds:8.2f}s {_tests[file]:5} tests  {file}")
