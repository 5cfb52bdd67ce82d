"""The bars of a bridge as series that stand on one another."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from connector.papers.deck.model import Chart, ChartKind, Series, Tone
from governance.effects import ZERO


def stacked_bars(
    title: str, steps: Sequence[tuple[str, Decimal | None, Decimal]], minimum: Decimal | None = None
) -> Chart:
    """Bars that stand on one another: name and change, or without a change the level that is reached.

    What lies below nought is drawn by series of its own, because stacked columns add up both sides apart.
    """
    bars: dict[str, list[Decimal | None]] = {name: [] for name in ("Base", "Total", "Gain", "Loss", "Gain ", "Loss ")}
    level = ZERO
    for _, change, total in steps:
        shown: dict[str, Decimal] = {}
        if change is None:
            level, shown["Total"] = total, total
        else:
            low, high = min(level, level + change), max(level, level + change)
            name = "Gain" if change > 0 else "Loss"
            if low >= 0:
                shown |= {"Base": low, name: high - low}
            elif high <= 0:
                shown |= {"Base": high, f"{name} ": low - high}
            else:
                shown |= {name: high, f"{name} ": low}
            level += change
        for key, values in bars.items():
            values.append(shown.get(key))
    tones = {"Base": Tone.PLAIN, "Total": Tone.MUTED, "Gain": Tone.GREEN, "Loss": Tone.RED, "Gain ": Tone.GREEN,
             "Loss ": Tone.RED}  # fmt: skip
    series = tuple(
        Series(key, tuple(values), tones[key])
        for key, values in bars.items()
        if key == "Base" or any(value is not None for value in values)
    )
    return Chart(ChartKind.BRIDGE, title, tuple(name for name, _, _ in steps), series, minimum)
