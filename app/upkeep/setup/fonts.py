"""Which characters the installed fonts can print, asked of fontconfig, the library the PDF engine itself asks."""

from __future__ import annotations

import ctypes
import functools

# Characters of real names and place names that common fonts miss: rare family names, GB 18030 extensions, given names.
NAME_CHARACTERS = "䶮㛃㼆𬱖𣲗𰻝龘𫘦𬭊𮧵𰀀𲈎堃喆犇玥彧"
SHEET_CHARACTERS = "单元户份袋趟签收第共页确认□—·℃"


class FontsUnknown(Exception):
    """fontconfig is not installed, so nothing can be said about fonts (and nothing can be printed)."""


@functools.cache
def _fontconfig() -> ctypes.CDLL:
    """libfontconfig with the signatures of fontconfig.h that are used here. Raises FontsUnknown."""
    try:
        library = ctypes.CDLL("libfontconfig.so.1")
    except OSError as error:
        raise FontsUnknown(str(error)) from error
    pointer = ctypes.c_void_p
    for name, arguments, result in (
        ("FcPatternCreate", [], pointer),
        ("FcCharSetCreate", [], pointer),
        ("FcCharSetAddChar", [pointer, ctypes.c_uint32], ctypes.c_int),
        ("FcPatternAddCharSet", [pointer, ctypes.c_char_p, pointer], ctypes.c_int),
        ("FcObjectSetCreate", [], pointer),
        ("FcFontList", [pointer, pointer, pointer], pointer),
        ("FcPatternDestroy", [pointer], None),
        ("FcCharSetDestroy", [pointer], None),
        ("FcObjectSetDestroy", [pointer], None),
        ("FcFontSetDestroy", [pointer], None),
    ):
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library


class _FontSet(ctypes.Structure):
    """The head of FcFontSet: `nfont` is the number of distinct answers."""

    _fields_ = (("nfont", ctypes.c_int),)


def can_print(character: str) -> bool:
    """Whether any installed font has a glyph for `character`. Raises FontsUnknown."""
    library = _fontconfig()
    pattern, charset, objects = library.FcPatternCreate(), library.FcCharSetCreate(), library.FcObjectSetCreate()
    library.FcCharSetAddChar(charset, ord(character))
    library.FcPatternAddCharSet(pattern, b"charset", charset)
    fonts = library.FcFontList(None, pattern, objects)
    try:
        return bool(fonts) and ctypes.cast(fonts, ctypes.POINTER(_FontSet)).contents.nfont > 0
    finally:
        if fonts:
            library.FcFontSetDestroy(fonts)
        library.FcPatternDestroy(pattern)
        library.FcCharSetDestroy(charset)
        library.FcObjectSetDestroy(objects)


def missing_glyphs(text: str = NAME_CHARACTERS + SHEET_CHARACTERS) -> str:
    """The characters of `text` that no installed font has, in order. Raises FontsUnknown."""
    return "".join(character for character in dict.fromkeys(text) if not can_print(character))


def has_library(*names: str) -> bool:
    """Whether one of these shared libraries can be loaded."""
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False
