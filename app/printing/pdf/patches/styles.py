"""Styles computed once: sheets of a chunk share the computed style of elements that are styled alike.

WeasyPrint shares styles between the elements of one document and begins anew with the next. Sheets of a kind differ in
their texts alone, so here a style is kept under all it is computed from: the style of the parent and of the root, and
the declarations that apply, with their weights. What the other modules keep with a style (lengths, measures of text)
is then kept for all sheets too. No sheet uses viewport units, the only thing of a document that a style refers to.

Processor time without it: drop-off sheet 1.40 ×, hand-out list 1.24 ×; with the base of a browser as well (`markup`),
which has five pseudo-elements to style for each element, drop-off sheet 1.51 ×.
"""

from __future__ import annotations

from typing import Any

from weasyprint.css import StyleFor

_REMEMBERED = 6_000  # styles, to bound the memory of a process that lives on; then all are forgotten at once

_set_computed_styles = StyleFor.set_computed_styles
_styles: dict[tuple[Any, ...], Any] = {}


def _declared(cascaded: dict[str, Any]) -> tuple[Any, ...]:
    """What is declared for an element, as part of a key. A list is known by its identity: the style keeps it alive.

    Raises:
        TypeError: a value cannot be part of a key (when it is looked up).
    """
    return tuple(
        (name, id(value) if type(value) is list else value, precedence, layer, tuple(specificity))
        for name, (value, (precedence, layer, specificity)) in cascaded.items()
    )


def set_computed_styles(  # noqa: PLR0913 - the signature is WeasyPrint's
    self: Any,
    element: Any,
    parent: Any,
    root: Any = None,
    pseudo_type: str | None = None,
    base_url: str | None = None,
    target_collector: Any = None,
) -> None:
    """Give an element its style, one that is known already if there is one."""
    known = self._computed_styles
    is_root = element == root and pseudo_type is None
    parent_style = None if is_root else known[parent, None]
    root_style = None if is_root else known[root, None]
    cascaded = self._cascaded_styles.get((element, pseudo_type), {})
    # The styles behind the numbers live as long as the entry: a style holds its parent and its root.
    key = (id(parent_style), id(root_style), id(self.font_config), pseudo_type, base_url, _declared(cascaded))
    try:
        found = _styles.get(key)
    except TypeError:
        _set_computed_styles(self, element, parent, root, pseudo_type, base_url, target_collector)
        return
    if found is None:
        _set_computed_styles(self, element, parent, root, pseudo_type, base_url, target_collector)
        if len(_styles) >= _REMEMBERED:
            forget()
        _styles[key] = known[element, pseudo_type]
        return
    known[element, pseudo_type] = found
    if target_collector and found["anchor"]:
        target_collector.collect_anchor(found["anchor"])


def forget() -> None:
    """Drop all styles."""
    _styles.clear()


def remembered() -> int:
    """How many styles are kept."""
    return len(_styles)


def install() -> None:
    """Put it in its place; harmless when done already."""
    StyleFor.set_computed_styles = set_computed_styles


def uninstall() -> None:
    """Give WeasyPrint its own function back."""
    StyleFor.set_computed_styles = _set_computed_styles
    forget()
