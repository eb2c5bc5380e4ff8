"""What happens to pictures on their way around: the transforms of the robustness benchmark.

Each takes an RGB picture and a random generator and returns the bytes of the copy's file. Unless the transform is
about the format, the copy is saved as JPEG of quality 85.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

type Random = np.random.Generator
type Make = Callable[[Image.Image, Random], bytes]
type Change = Callable[[Image.Image, Random], Image.Image]


@dataclass(frozen=True, slots=True)
class Transform:
    """A way to change a picture: `floor` says whether it belongs to the suite that the targets are about."""

    name: str
    group: str
    make: Make
    floor: bool = True


def saved(image: Image.Image, kind: str = "JPEG", quality: int = 85) -> bytes:
    file = io.BytesIO()
    image.convert("RGB").save(file, kind, quality=quality)
    return file.getvalue()


def _as(kind: str, quality: int) -> Make:
    return lambda image, _: saved(image, kind, quality)


def _then(change: Change, quality: int = 85) -> Make:
    return lambda image, rng: saved(change(image, rng), "JPEG", quality)


def _scaled(across: float, down: float) -> Change:
    return lambda image, _: image.resize(
        (max(8, round(image.width * across)), max(8, round(image.height * down))), Image.Resampling.BICUBIC
    )


def _blurred(pixels: float) -> Change:
    return lambda image, _: image.filter(ImageFilter.GaussianBlur(pixels * min(image.size) / 512))


def _noisy(deviation: float) -> Change:
    def change(image: Image.Image, rng: Random) -> Image.Image:
        samples = np.asarray(image, np.float32)
        noise = rng.normal(0, deviation, samples.shape)
        return Image.fromarray(np.clip(samples + noise, 0, 255).astype(np.uint8))

    return change


def _gamma(power: float) -> Change:
    table = [round(255 * (value / 255) ** power) for value in range(256)] * 3
    return lambda image, _: image.point(table)


def _enhanced(kind: Callable[[Image.Image], ImageEnhance._Enhance], by: float) -> Change:
    return lambda image, _: kind(image).enhance(by)


def _cropped(share: float, *, centred: bool = True) -> Change:
    def change(image: Image.Image, rng: Random) -> Image.Image:
        width, height = round(image.width * (1 - share)), round(image.height * (1 - share))
        x = (image.width - width) / 2 if centred else rng.uniform(0, image.width - width)
        y = (image.height - height) / 2 if centred else rng.uniform(0, image.height - height)
        return image.crop((round(x), round(y), round(x) + width, round(y) + height))

    return change


def _without_bottom(image: Image.Image, _: Random) -> Image.Image:
    return image.crop((0, 0, image.width, round(image.height * 0.9)))


def _bordered(share: float, colour: str) -> Change:
    return lambda image, _: ImageOps.expand(image, round(share * min(image.size)), colour)


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(max(8, size))


def _canvas(image: Image.Image, ratio: float, colour: str) -> tuple[Image.Image, int]:
    """Return an upright canvas, `ratio` times as high as wide, or higher if the picture is, and the picture's row."""
    height = max(round(image.width * ratio), round(image.height * 1.25))
    return Image.new("RGB", (image.width, height), colour), (height - image.height) // 2


def _letterboxed(image: Image.Image, _: Random) -> Image.Image:
    canvas, top = _canvas(image, 16 / 9, "black")
    canvas.paste(image, (0, top))
    return canvas


def _phone(background: str, ink: str) -> Change:
    """Return a social app's page on a phone: status bar, author, picture, icons, comments, navigation."""

    def change(image: Image.Image, rng: Random) -> Image.Image:
        canvas, top = _canvas(image, 16 / 9, background)
        unit = image.width / 36
        draw, font, small = ImageDraw.Draw(canvas), _font(unit * 1.4), _font(unit * 1.1)
        draw.text((unit, unit * 0.6), "21:47", ink, font=font)
        for icon in range(3):
            draw.rectangle((unit * (29 + 2 * icon), unit * 0.8, unit * (30.4 + 2 * icon), unit * 1.8), outline=ink)
        draw.ellipse((unit, top - unit * 3.5, unit * 4, top - unit * 0.5), fill=(200, 90, 120))
        draw.text((unit * 5, top - unit * 2.8), "some.body  ·  2 h", ink, font=font)
        canvas.paste(image, (0, top))
        below = top + image.height + unit
        for icon in range(3):
            draw.ellipse((unit * (1 + 3 * icon), below, unit * (3 + 3 * icon), below + unit * 2), outline=ink, width=3)
        for line in range(4):
            words = " ".join("x" * int(rng.integers(2, 9)) for _ in range(int(rng.integers(3, 6))))
            draw.text((unit, below + unit * (3 + 2 * line)), words, ink, font=small)
        foot = canvas.height - unit * 3
        for icon in range(5):
            draw.rectangle(
                (unit * (2.5 + 7 * icon), foot, unit * (4.5 + 7 * icon), foot + unit * 2),
                outline=ink,
                width=3,
            )
        return canvas

    return change


def _captioned(at_top: bool, share: float = 0.16) -> Change:
    def change(image: Image.Image, _: Random) -> Image.Image:
        bar = round(image.height * share)
        canvas = Image.new("RGB", (image.width, image.height + bar), "white")
        canvas.paste(image, (0, bar if at_top else 0))
        at = 0 if at_top else image.height
        draw = ImageDraw.Draw(canvas)
        draw.text(
            (image.width * 0.04, at + bar * 0.1),
            "When you see it for the first",
            "black",
            font=_font(bar * 0.32),
        )
        draw.text((image.width * 0.04, at + bar * 0.52), "time, and then again", "black", font=_font(bar * 0.32))
        return canvas

    return change


def _meme(image: Image.Image, _: Random) -> Image.Image:
    copy = image.copy()
    draw, size = ImageDraw.Draw(copy), image.height * 0.11
    for text, y in (("ONE DOES NOT", 0.02), ("SIMPLY LOOK AWAY", 0.85)):
        font = _font(size)
        width = draw.textlength(text, font=font)
        if width > image.width * 0.94:
            font = _font(size * image.width * 0.94 / width)
            width = draw.textlength(text, font=font)
        at = ((image.width - width) / 2, image.height * y)
        draw.text(at, text, "white", font=font, stroke_width=max(1, round(size / 14)), stroke_fill="black")
    return copy


def _emoji(image: Image.Image, rng: Random) -> Image.Image:
    copy = image.copy()
    side = 0.2 * min(image.size)
    x, y = (rng.uniform(0.1, 0.9 - 0.2) * length for length in image.size)
    draw = ImageDraw.Draw(copy)
    draw.ellipse((x, y, x + side, y + side), fill=(255, 204, 51), outline=(120, 80, 0), width=max(1, round(side / 30)))
    for eye in (0.3, 0.6):
        draw.ellipse((x + side * eye, y + side * 0.28, x + side * (eye + 0.1), y + side * 0.45), fill=(60, 40, 0))
    draw.arc((x + side * 0.2, y + side * 0.2, x + side * 0.8, y + side * 0.8), 20, 160, fill=(60, 40, 0), width=3)
    return copy


def _watermarked(image: Image.Image, _: Random) -> Image.Image:
    layer = Image.new("RGBA", image.size)
    draw, font = ImageDraw.Draw(layer), _font(min(image.size) * 0.12)
    width = draw.textlength("SAMPLE MARK", font=font)
    at = ((image.width - width) / 2, image.height * 0.44)
    draw.text(at, "SAMPLE MARK", (255, 255, 255, 128), font=font)
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")


def _turned(degrees: float) -> Change:
    return lambda image, _: image.rotate(degrees, Image.Resampling.BICUBIC)


def _transposed(way: Image.Transpose) -> Change:
    return lambda image, _: image.transpose(way)


def _filtered(image: Image.Image, _: Random) -> Image.Image:
    warm = Image.merge("RGB", [band.point([min(255, round(v * by)) for v in range(256)])
                               for band, by in zip(image.split(), (1.15, 1.0, 0.8), strict=True)])  # fmt: skip
    contrast = ImageEnhance.Contrast(warm).enhance(1.2)
    y, x = np.ogrid[-1 : 1 : image.height * 1j, -1 : 1 : image.width * 1j]
    shade = np.clip(1.15 - 0.5 * (x**2 + y**2), 0, 1)[:, :, None]
    return Image.fromarray((np.asarray(contrast) * shade).astype(np.uint8))


def _mirrored_small(image: Image.Image, rng: Random) -> Image.Image:
    return _scaled(0.5, 0.5)(ImageOps.mirror(image), rng)


def _small_bordered(image: Image.Image, rng: Random) -> Image.Image:
    return _bordered(0.05, "black")(_scaled(0.5, 0.5)(image, rng), rng)


def _blurred_behind(image: Image.Image, _: Random) -> Image.Image:
    """Return the picture on an upright canvas filled with its own blurred enlargement, as video editors do."""
    canvas, top = _canvas(image, 16 / 9, "black")
    back = ImageOps.fit(image, canvas.size).filter(ImageFilter.GaussianBlur(min(image.size) / 24))
    back.paste(image, (0, top))
    return back


def _beside(image: Image.Image, rng: Random) -> Image.Image:
    """Return the picture to the left of another, generated one of the same height."""
    other = scene(rng, (round(image.height * rng.uniform(0.7, 1.3)), image.height))
    canvas = Image.new("RGB", (image.width + other.width, image.height))
    canvas.paste(image, (0, 0))
    canvas.paste(other, (image.width, 0))
    return canvas


def _desktop(image: Image.Image, rng: Random) -> Image.Image:
    """Return a browser window showing the picture in the middle of a light page, with text beside it."""
    width, height = round(image.width * 1.7), round(image.height * 1.35)
    canvas = Image.new("RGB", (width, height), (246, 246, 248))
    draw, unit = ImageDraw.Draw(canvas), height / 40
    draw.rectangle((0, 0, width, unit * 3), fill=(222, 225, 230))
    draw.rectangle((unit * 8, unit * 0.8, width - unit * 8, unit * 2.2), fill="white")
    for line in range(12):
        words = " ".join("x" * int(rng.integers(2, 9)) for _ in range(2))
        draw.text((unit, unit * (5 + 2.5 * line)), words, (60, 60, 60), font=_font(unit * 1.2))
    canvas.paste(image, (round(width * 0.3), round(height * 0.15)))
    return canvas


def scene(rng: Random, size: tuple[int, int]) -> Image.Image:
    """Return a generated picture with something like a photo's statistics: 1/f noise, shapes, a light."""
    width, height = size
    side = 256
    down, across = np.fft.fftfreq(side)[:, None], np.fft.fftfreq(side)[None, :]
    falloff = 1 / np.maximum(np.hypot(down, across), 1 / side) ** rng.uniform(1.3, 1.9)
    bands = []
    for _ in range(3):
        spectrum = falloff * np.exp(2j * np.pi * rng.random((side, side)))
        waves = np.fft.ifft2(spectrum).real
        waves = (waves - waves.mean()) / waves.std()
        bands.append(waves)
    mixed = np.stack([bands[0] + rng.uniform(0.1, 0.5) * bands[channel] for channel in range(3)], axis=2)
    image = Image.fromarray(np.clip(128 + 48 * mixed, 0, 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(2, 9))):
        x, y = rng.uniform(-0.1, 0.9) * width, rng.uniform(-0.1, 0.9) * height
        box = (x, y, x + rng.uniform(0.05, 0.5) * width, y + rng.uniform(0.05, 0.5) * height)
        colour = tuple(int(v) for v in rng.integers(0, 256, 3))
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)(box, fill=colour)
    return image.filter(ImageFilter.GaussianBlur(0.7))


def _suite() -> list[Transform]:
    rows: list[tuple[str, str, Make]] = [
        *[(f"JPEG quality {q}", "format", _as("JPEG", q)) for q in (90, 50, 20, 10)],
        ("WebP quality 50", "format", _as("WEBP", 50)),
        ("PNG", "format", _as("PNG", 0)),
        *[(f"resized x {by:g}", "size", _then(_scaled(by, by))) for by in (0.5, 0.25, 2)],
        ("10 % wider", "size", _then(_scaled(1.1, 1))),
        *[(f"blurred {by} px at 512", "blur, noise", _then(_blurred(by))) for by in (1, 2, 4)],
        *[(f"noise sd {by}", "blur, noise", _then(_noisy(by))) for by in (10, 25)],
        *[(f"brightness {by:g}", "tone", _then(_enhanced(ImageEnhance.Brightness, by))) for by in (0.6, 1.5)],
        *[(f"contrast {by:g}", "tone", _then(_enhanced(ImageEnhance.Contrast, by))) for by in (0.6, 1.6)],
        *[(f"gamma {by:g}", "tone", _then(_gamma(by))) for by in (0.6, 1.7)],
        ("saturation 1.8", "tone", _then(_enhanced(ImageEnhance.Color, 1.8))),
        ("greyscale", "tone", _then(lambda image, _: image.convert("L"))),
        ("filter with vignette", "tone", _then(_filtered)),
        *[(f"cropped {by:.0%}, centred", "crop", _then(_cropped(by))) for by in (0.05, 0.1, 0.2)],
        *[(f"cropped {by:.0%}, anywhere", "crop", _then(_cropped(by, centred=False))) for by in (0.1, 0.2)],
        ("bottom 10% cut", "crop", _then(_without_bottom)),
        *[(f"border {by:.0%}, {colour}", "frame", _then(_bordered(by, colour)))
          for by in (0.05, 0.1) for colour in ("black", "white")],
        ("phone screenshot, black", "frame", _then(_phone("black", "white"))),
        ("phone screenshot, white", "frame", _then(_phone("white", "black"))),
        ("letterbox 9:16", "frame", _then(_letterboxed)),
        ("caption bar above", "frame", _then(_captioned(True))),
        ("half size, quality 30, border", "frame", _then(_small_bordered, 30)),
        ("meme text", "overlay", _then(_meme)),
        ("emoji", "overlay", _then(_emoji)),
        ("watermark", "overlay", _then(_watermarked)),
        ("mirrored", "turn", _then(lambda image, _: ImageOps.mirror(image))),
        ("mirrored, half size, quality 50", "turn", _then(_mirrored_small, 50)),
        ("turned 90", "turn", _then(_transposed(Image.Transpose.ROTATE_90))),
        ("turned 180", "turn", _then(_transposed(Image.Transpose.ROTATE_180))),
        ("turned 270", "turn", _then(_transposed(Image.Transpose.ROTATE_270))),
        *[(f"tilted {by} degrees", "tilt", _then(_turned(by))) for by in (2, 5, 10)],
    ]  # fmt: skip
    more: list[tuple[str, str, Make]] = [
        ("border 8%, pink", "more frames", _then(_bordered(0.08, "#f4a6c0"))),
        ("blurred copy behind, 9:16", "more frames", _then(_blurred_behind)),
        ("caption bar below", "more frames", _then(_captioned(False, 0.22))),
        ("desktop screenshot", "more frames", _then(_desktop)),
        ("beside another picture", "more frames", _then(_beside)),
    ]
    return [Transform(*row) for row in rows] + [Transform(*row, floor=False) for row in more]


SUITE = _suite()
