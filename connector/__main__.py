"""``python -m connector`` is the command ``gatepost``, for a process that starts another of itself."""

from __future__ import annotations

from connector.cli import main

main()
