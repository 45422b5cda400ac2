"""A sheet as it looks after two copiers: 120 dots an inch, a little turned and blurred, one bit a dot, twice."""

from __future__ import annotations

import subprocess
from pathlib import Path

from PIL import Image, ImageFilter

DPI = 120
_TURNS = (0.35, -0.25)  # degrees: nobody lays a sheet quite straight
_DARKER, _LIGHTER = 150, 112  # grey from which a dot is white: one copier is set dark, the next one light


def page_at(path: Path, page: int, folder: Path, dpi: int = DPI) -> Image.Image:
    """One page as grey values."""
    target = folder / f"copy-{page}-{dpi}"
    command = ["pdftoppm", "-r", str(dpi), "-gray", "-singlefile", "-f", str(page), "-l", str(page)]
    subprocess.run([*command, str(path), str(target)], check=True)
    with Image.open(f"{target}.pgm") as picture:
        return picture.copy()


def copied(picture: Image.Image, turned: float, white_from: int) -> Image.Image:
    """What one copier makes of a page of 120 dots an inch."""
    seen = picture.rotate(turned, Image.Resampling.BILINEAR, fillcolor=255).filter(ImageFilter.GaussianBlur(0.6))
    return seen.point(lambda grey: 255 if grey >= white_from else 0)


def copy_of_a_copy(picture: Image.Image) -> Image.Image:
    """The page after two copiers; the turns cancel but for a tenth of a degree."""
    return copied(copied(picture, _TURNS[0], _DARKER), _TURNS[1], _LIGHTER)
