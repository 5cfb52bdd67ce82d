"""A process that hangs is noticed, ends itself and is replaced: real processes under the supervisor of ``serve``."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from connector.runtime.hang_watch import EXIT_CODE
from connector.runtime.supervisor import Child, Supervisor
from tests.conftest import ROOT
from tests.waiting import wait_until

WORKER = """
import sys, time
from pathlib import Path
from connector.runtime.hang_watch import HangWatch
starts = Path(sys.argv[1])
with starts.open("a") as file:
    file.write("x")
watch = HangWatch(0.5)
watch.start()
step = watch.step("tick") if sys.argv[2] == "step" else None
if step is not None:
    step.__enter__()
while starts.read_text() != "x" or step is not None:
    watch.beat()
    if starts.read_text() != "x":
        watch.stop()
    time.sleep(0.1)
time.sleep(600)
"""
"""The first one hangs: without a beat, or in a step that never ends.  The one after it does not."""


@pytest.mark.parametrize(("how", "why"), [("silence", "no sign of life for "), ("step", "the tick has not ended for ")])
def test_a_worker_that_hangs_ends_itself_and_is_replaced(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], how: str, why: str
) -> None:
    starts = tmp_path / "starts"
    child = Child("worker", [sys.executable, "-c", WORKER, str(starts), how])
    supervisor = Supervisor([child], os.environ | {"PYTHONPATH": str(ROOT)})
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop_when_replaced() -> None:
        try:
            wait_until(lambda: starts.exists() and starts.read_text() == "xx", "the worker was replaced")
        finally:
            supervisor.stopping = True

    watcher = threading.Thread(target=stop_when_replaced)
    watcher.start()
    try:
        with capture_logs() as logged:
            supervisor.run()
    finally:
        watcher.join()
        for number, handler in handlers.items():
            signal.signal(number, handler)
    said = capfd.readouterr()
    assert why in said.out + said.err
    assert [one["code"] for one in logged if one["event"] == "process exited"] == [EXIT_CODE]
    assert starts.read_text() == "xx"
