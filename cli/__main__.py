"""``python -m cli`` is the command ``gatepost``, for a process that starts another of itself."""

from __future__ import annotations

from cli import main

main()
