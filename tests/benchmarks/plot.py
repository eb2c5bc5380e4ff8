"""A plot of lines on two logarithmic axes, as SVG."""

import math
from collections.abc import Mapping, Sequence

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 190, 50, 60
_COLOURS = ("#0b6e4f", "#c8553d", "#3d5a98", "#8a6d1d")

type Point = tuple[float, float]


def plot(title: str, below: str, value: str, lines: Mapping[str, Sequence[Point]], marks: Sequence[float] = ()) -> str:
    """Return the SVG.

    Args:
        title: what stands above it.
        below: what the axis across is.
        value: how a value of the axis up is written, such as `{:,g} ms`.
        lines: points by the name of their line, ordered across.
        marks: where the axis across is marked; the points of the lines if none are given.
    """
    everything = [point for points in lines.values() for point in points]
    sizes = sorted(marks or {size for size, _ in everything})
    low = math.floor(math.log10(min(value for _, value in everything)))
    high = math.ceil(math.log10(max(value for _, value in everything)))
    first, last = (math.log10(edge([size for size, _ in everything])) for edge in (min, max))

    def across(size: float) -> float:
        share = (math.log10(size) - first) / ((last - first) or 1)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def up(value: float) -> float:
        return _HEIGHT - _BOTTOM - (math.log10(value) - low) / ((high - low) or 1) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_text(_LEFT, 26, title, size=16)]
    for power in range(low, high + 1):
        height = up(10.0**power)
        parts.append(f'<path d="M{_LEFT} {height:.1f}H{_WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 8, height + 4, value.format(10.0**power), anchor="end"))
    parts += [_text(across(size), _HEIGHT - _BOTTOM + 22, _count(size), anchor="middle") for size in sizes]
    parts.append(_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 14, below, anchor="middle"))
    labels = _apart([(up(points[-1][1]), name) for name, points in lines.items()])
    for colour, (name, points) in zip(_COLOURS, lines.items(), strict=False):
        path = " ".join(f"{across(size):.1f},{up(value):.1f}" for size, value in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [
            f'<circle cx="{across(size):.1f}" cy="{up(value):.1f}" r="4" fill="{colour}"/>' for size, value in points
        ]
        parts.append(_text(across(points[-1][0]) + 12, labels[name] + 4, name, colour=colour))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif">\n'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _count(number: float) -> str:
    return f"{number / 1e6:,g} M" if number > 1e6 else f"{number:,.0f}"


def _apart(labels: list[tuple[float, str]]) -> dict[str, float]:
    """Move labels down until none covers another."""
    placed: dict[str, float] = {}
    lowest = -math.inf
    for height, name in sorted(labels):
        lowest = placed[name] = max(height, lowest + 18)
    return placed


def _text(x: float, y: float, text: str, *, size: int = 13, anchor: str = "start", colour: str = "#222") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{text}</text>'
