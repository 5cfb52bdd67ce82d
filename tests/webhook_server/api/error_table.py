"""What a request that cannot be answered gets, whoever refuses it: our own checks or the framework."""

from __future__ import annotations

JSON, PLAIN = "application/json", "text/plain"
ASKED = "/gates/check"
LARGE = b"x" * (5 * 1024 * 1024 + 1)

ERRORS = (
    ("POST", ASKED, b"{", JSON, 400, "not_json"),
    ("POST", ASKED, b"", JSON, 400, "not_json"),
    ("POST", ASKED, b"\xff", JSON, 400, "not_json"),
    ("POST", ASKED, b"{}", PLAIN, 415, "not_sent_as_json"),
    ("POST", ASKED, b"{}", "", 415, "not_sent_as_json"),
    ("POST", ASKED, b"{}", JSON, 422, "value_invalid"),
    ("POST", ASKED, b"[]", JSON, 422, "value_invalid"),
    ("POST", ASKED, LARGE, JSON, 413, "too_large"),
    ("POST", "/inbox/1/replay", b'{"a": 1}', JSON, 422, "value_invalid"),
    ("GET", "/nothing", b"", "", 404, "unknown_address"),
    ("GET", "/decisions/abc", b"", "", 404, "unknown_address"),
    ("GET", "/decisions/0", b"", "", 404, "not_visible_or_unknown"),
    ("GET", "/decisions/999999", b"", "", 404, "not_visible_or_unknown"),
    ("GET", "/measures/ITX-9", b"", "", 404, "not_visible_or_unknown"),
    ("GET", "/gates/ITX-1/live", b"", "", 404, "unknown_stage"),
    ("DELETE", "/measures", b"", "", 405, "method_not_allowed"),
    ("PATCH", ASKED, b"{}", JSON, 405, "method_not_allowed"),
    ("OPTIONS", "/measures", b"", "", 405, "method_not_allowed"),
    ("GET", "/measures?colour=red", b"", "", 422, "value_invalid"),
    ("GET", "/measures?cursor=abc", b"", "", 422, "cursor_invalid"),
    ("GET", "/measures?sort=colour", b"", "", 422, "value_invalid"),
    ("GET", "/measures?fields=colour", b"", "", 422, "unknown_filter_value"),
    ("GET", "/measures?program=%00", b"", "", 422, "value_invalid"),
    ("GET", "/measures?program=branches", b"", "", 422, "unknown_filter_value"),
)
"""Method, address, body, its media type; status and code."""
