"""The robustness plot: one row per transform, one column per method, the recall as colour and number."""

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SCALE = 2  # drawn at twice the size, for sharp text on dense screens
ROW, COLUMN, LEFT, TOP = 17, 82, 216, 52


def _colour(recall: float) -> tuple[int, int, int]:
    """Return a colour from white (0) over light blue to dark blue (100), readable without red and green."""
    share = recall / 100
    return tuple(
        round(start + (end - start) * share) for start, end in zip((250, 250, 250), (22, 92, 160), strict=True)
    )  # type: ignore[return-value]


def draw(recall: dict[str, dict[str, float]], rows: list[str], columns: list[str], path: Path) -> None:
    """Write the plot as PNG; `recall[row][column]` is in per cent."""
    size = (LEFT + COLUMN * len(columns) + 12, TOP + ROW * len(rows) + 12)
    image = Image.new("RGB", (size[0] * SCALE, size[1] * SCALE), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(11 * SCALE)
    for number, column in enumerate(columns):
        first, _, second = column.partition(" ")
        for line, word in enumerate((first, second)):
            x = (LEFT + COLUMN * (number + 0.5)) * SCALE
            pen.text((x, (12 + 14 * line) * SCALE), word, "black", font=font, anchor="ma")
    for down, row in enumerate(rows):
        y = TOP + ROW * down
        pen.text(((LEFT - 8) * SCALE, (y + ROW / 2) * SCALE), row, "black", font=font, anchor="rm")
        for across, column in enumerate(columns):
            x, value = LEFT + COLUMN * across, recall[row][column]
            box = (x * SCALE, y * SCALE, (x + COLUMN - 1) * SCALE, (y + ROW - 1) * SCALE)
            pen.rectangle(box, fill=_colour(value))
            middle = ((x + COLUMN / 2) * SCALE, (y + ROW / 2) * SCALE)
            pen.text(middle, f"{value:.0f}", "white" if value > 45 else "black", font=font, anchor="mm")
    image.quantize(64).save(path, "PNG", optimize=True)
