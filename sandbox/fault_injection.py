"""Fault injection for a stand-in: faults on demand, and a log of the calls that were made."""

from __future__ import annotations

import socket
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock

from flask import Flask, Response, jsonify, request

from sandbox.delivery import EventSender

FaultResponder = Callable[["Fault"], Response]


APPLIED_PREFIX = "applied:"
"""Before a status: the request is carried out, and this status is the response."""


@dataclass
class Fault:
    """The next ``times`` calls of a method and path fail in one way."""

    kind: str
    method: str
    path: str
    times: int
    retry_after: str | None = None
    reason: str | None = None


@dataclass
class FaultInjector:
    respond: FaultResponder
    faults: list[Fault] = field(default_factory=list)
    calls: list[dict[str, object]] = field(default_factory=list)
    delay: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def install(self, app: Flask, deliverer: EventSender) -> None:
        app.before_request(self._before)
        app.after_request(self._after)
        app.add_url_rule("/sandbox/faults", view_func=self._add_fault, methods=["POST"])
        app.add_url_rule("/sandbox/calls", view_func=self._calls, methods=["GET"])
        app.add_url_rule("/sandbox/calls", "reset", self._reset, methods=["DELETE"])
        app.add_url_rule(
            "/sandbox/deliveries",
            "deliveries",
            lambda: jsonify(
                [{"url": d.url, "event": d.event, "status": d.status, "attempts": d.attempts} for d in deliverer.log]
            ),
        )

    def _before(self) -> Response | None:
        if not request.path.startswith(("/rest/", "/api/")):
            return None
        if self.delay:
            time.sleep(self.delay)
        fault = self._next_fault()
        # Faults after the request was carried out are handled in :meth:`_after`.
        return (
            None
            if fault is None or fault.kind == "drop" or fault.kind.startswith(APPLIED_PREFIX)
            else self.respond(fault)
        )

    def _next_fault(self) -> Fault | None:
        with self.lock:
            for fault in self.faults:
                if fault.times > 0 and fault.method in {"", request.method} and request.path.startswith(fault.path):
                    fault.times -= 1
                    request.environ["sandbox.fault"] = fault.kind
                    return fault
        return None

    def _after(self, response: Response) -> Response:
        if request.path.startswith(("/rest/", "/api/")):
            user = request.authorization.username if request.authorization else None
            call: dict[str, object] = {"method": request.method, "path": request.path, "status": response.status_code}
            # When it was carried out: measurements from outside end here.
            call |= {"user": user, "at": time.time()}
            if request.environ.get("sandbox.inner"):
                # Part of a batch: not counted as a call.
                call["inner"] = True
            with self.lock:
                self.calls.append(call)
            kind = str(request.environ.get("sandbox.fault", ""))
            if kind == "drop":
                request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            if kind.startswith(APPLIED_PREFIX):
                return self.respond(Fault(kind.removeprefix(APPLIED_PREFIX), request.method, request.path, 1))
        return response

    def _add_fault(self) -> tuple[Response, int]:
        body: Mapping[str, object] = request.get_json()
        if "delay_ms" in body:
            self.delay = int(str(body["delay_ms"])) / 1000
        if "status" in body:
            wait, reason = body.get("retry_after"), body.get("reason")
            with self.lock:
                self.faults.append(
                    Fault(
                        kind=str(body["status"]),
                        method=str(body.get("method", "")),
                        path=str(body.get("path", "")),
                        times=int(str(body.get("times", 1))),
                        retry_after=None if wait is None else str(wait),
                        reason=None if reason is None else str(reason),
                    )
                )
        return jsonify({"accepted": True}), 201

    def _calls(self) -> Response:
        with self.lock:
            counts = Counter(str(call["method"]) for call in self.calls)
            return jsonify({"calls": self.calls, "counts": counts, "delay_ms": round(self.delay * 1000)})

    def _reset(self) -> Response:
        with self.lock:
            self.calls.clear()
            self.faults.clear()
        self.delay = 0.0
        return jsonify({"reset": True})
