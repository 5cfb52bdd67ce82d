"""The Batch API: each request by itself, as its own caller, with its own answer; no transaction.

An item that is too large is refused, and what the batch's time does not suffice for is listed.
https://www.servicenow.com/docs, "Batch API"
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from http import HTTPStatus

from flask import Response, current_app, jsonify, request

from sandbox.servicenow.model import Refusal
from sandbox.servicenow.request_guard import API, api_of
from sandbox.servicenow.state import ServiceNowState

LONGEST_SECONDS = 30.0
USUAL_INPUT, MOST_INPUT, MOST_OUTPUT = 5 * 1024 * 1024, 10 * 1024 * 1024, 10 * 1024 * 1024
INPUT_SIZE = "glide.rest.batch.max.inputSize"
CALLER_HEADERS = ("Authorization", "x-sn-apikey")
Item = Mapping[str, object]


class Batches:
    def __init__(self, state: ServiceNowState) -> None:
        self._state = state

    def run(self) -> Response:
        body = request.get_json(silent=True)
        if not isinstance(body, dict) or not isinstance(body.get("rest_requests"), list):
            raise Refusal(400, "Exception while reading request", "The payload is no batch of requests")
        serviced, unserviced, spent = [], [], 0.0
        for place, one in enumerate(body["rest_requests"]):
            spent += self._state.seconds_per_item
            if place >= self._state.batch_limit or spent > LONGEST_SECONDS:
                unserviced.append(str(one["id"]))
            else:
                serviced.append(self._response(one))
        return jsonify(
            {
                "batch_request_id": str(body.get("batch_request_id", "")),
                "serviced_requests": serviced,
                "unserviced_requests": unserviced,
            }
        )

    def _response(self, one: Item) -> dict[str, object]:
        data = base64.b64decode(str(one.get("body") or ""))
        if len(data) > self._max_input_bytes():
            return _failed(
                one, 400, f"The input of a request may have {self._max_input_bytes()} bytes, this one has {len(data)}"
            )
        url = str(one.get("url", ""))
        if not url.startswith(API) or api_of(url.partition("?")[0]) == "Batch API":
            return _failed(one, 400, "Only requests to the instance's own REST API can be in a batch")
        given = one.get("headers")
        headers = {str(header["name"]): str(header["value"]) for header in given} if isinstance(given, list) else {}
        headers = {name: value for name, value in headers.items() if name.casefold() != "content-length"}
        headers |= {name: request.headers[name] for name in CALLER_HEADERS if name in request.headers}
        with current_app.test_client() as client:
            answer = client.open(
                url, method=str(one["method"]), headers=headers, data=data, environ_overrides={"sandbox.inner": True}
            )
        if len(answer.data) > MOST_OUTPUT:
            return _failed(one, 500, f"The output of a request may have {MOST_OUTPUT} bytes")
        response_headers = [{"name": name, "value": value} for name, value in answer.headers]
        return {
            "id": one["id"],
            "status_code": answer.status_code,
            "status_text": HTTPStatus(answer.status_code).phrase,
            "body": base64.b64encode(answer.data).decode(),
            "headers": [] if one.get("exclude_response_headers") else response_headers,
            "execution_time": round(self._state.seconds_per_item * 1000),
        }

    def _max_input_bytes(self) -> int:
        set_to = self._state.property(INPUT_SIZE)
        return min(int(set_to), MOST_INPUT) if set_to.isdigit() else USUAL_INPUT


def _failed(one: Item, status: int, message: str) -> dict[str, object]:
    return {
        "id": one["id"], "status_code": status, "status_text": HTTPStatus(status).phrase, "body": "", "headers": [],
        "execution_time": 0, "error_message": message,
    }  # fmt: skip
