"""From a sheet context to HTML: one closed Jinja environment, autoescape always on."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.printing.layout.picture import Ink
from app.printing.layout.qr import qr_url
from app.printing.pdf.drawings import floor_picture, pick_pictures
from app.printing.pdf.drawings_doors import door_pictures, drop_pictures
from app.printing.pdf.drawings_rows import bag_picture
from app.printing.pdf.drawings_tally import tally_pictures
from app.printing.sheet import Printout
from app.printing.words import row_text_filter, translator_of

_TEMPLATES = Path(__file__).resolve().parents[3] / "templates"


def yuan(fen: int) -> str:
    """Return integer fen as yuan with two decimals: -1205 is -12.05."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def kilograms(grams: int) -> str:
    """Return integer grams as kilograms rounded up to a tenth, as a carrier wants to know it."""
    tenths = -(-grams // 100)
    return f"{tenths // 10}.{tenths % 10}"


@cache
def environment(is_bilingual: bool = False) -> Environment:
    """Return the environment of the print templates; contexts, words and pure filters only."""
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["_"] = translator_of(is_bilingual)
    made.filters.update(yuan=yuan, kg=kilograms, qr_url=qr_url, both=row_text_filter(is_bilingual))
    made.globals.update(floor_picture=floor_picture, pick_pictures=pick_pictures)
    made.globals.update(bag_picture=bag_picture, door_pictures=door_pictures, drop_pictures=drop_pictures)
    made.globals.update(tally_pictures=tally_pictures)
    return made


def html_of(printout: Printout) -> str:
    """Return the HTML of one stamped sheet; every value is escaped text."""
    head = printout.sheet.head
    template = environment(head.is_bilingual).get_template(printout.sheet.template)
    ink = Ink()
    html = template.render(sheet=printout.sheet, head=head, stamp=printout.stamp, ink=ink)
    return ink.page(html)
