"""Parts of pages that are drawn once for what they show."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson
from flask import Flask, current_app, render_template
from markupsafe import Markup

from .cookies import csrf_field, is_kept_apart, kept_apart
from .identity import Workspace, actor

MOST = 12_000_000
"""Characters that a process keeps."""
CSRF_LATER = Markup("<!--csrf-->")
"""Where a form's token belongs: it is the visitor's own, and never kept. Text cannot hold this,
since what people typed is escaped."""


Values = Callable[[], Mapping[str, Any]]
"""Makes what the template needs."""


class _Kept:
    """The newest parts, by what they show; the longest unused ones go when there are too many."""

    def __init__(self) -> None:
        self.parts: OrderedDict[Hashable, Markup] = OrderedDict()
        self.size = 0
        self.lock = threading.Lock()

    def find(self, key: Hashable) -> Markup | None:
        with self.lock:
            if key in self.parts:
                self.parts.move_to_end(key)
            return self.parts.get(key)

    def add(self, key: Hashable, part: Markup) -> None:
        with self.lock:
            self.size += len(part) - len(self.parts.get(key, ""))
            self.parts[key] = part
            while self.size > MOST:
                self.size -= len(self.parts.popitem(last=False)[1])


_kept = _Kept()


def drawn(template: str, key: Hashable, values: Values, keep: bool = True) -> Markup:
    """The template, drawn once for `key`, which holds all that it shows.

    Without `keep` it is drawn each time, and nothing of it stays.

    The workspace and what the actor may do are part of the key. The template may not use the
    request, the person or the time; `csrf_later` stands where a form needs its token.
    """
    if not keep:
        return _signed(Markup(render_template(template, **values())))
    return drawn_each(template, [(key, values)])[0]


def drawn_each(template: str, shown: Iterable[tuple[Hashable, Values]]) -> list[Markup]:
    """`drawn` for each (key, values) of a list."""
    me = actor()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    scope = _scope(app, template, me.here, me.permissions)
    return [_one(template, (scope, key), values) for key, values in shown]


def told(*shown: Any) -> Hashable:
    """Stands in a key for what is shown where that is long: rows of `database.raw`, words, and
    times of one zone (of an odd offset the seconds would be lost)."""
    try:
        content = orjson.dumps(shown)
    except orjson.JSONEncodeError:
        # JSON of others may hold numbers of more than 64 bits.
        content = repr(shown).encode()
    return hashlib.sha256(content).digest()


@lru_cache(4096)
def _scope(app: Flask, template: str, here: Workspace, permissions: frozenset[str]) -> object:
    """Stands for its arguments in the keys, and is compared at once."""
    return object()


def _one(template: str, whole: Hashable, values: Values) -> Markup:
    found = _kept.find(whole)
    if found is None:
        with kept_apart():
            found = Markup(render_template(template, **values()))
        _kept.add(whole, found)
    return _signed(found)


def _signed(found: Markup) -> Markup:
    """With the visitor's token, but within a part that is kept itself."""
    if CSRF_LATER not in found or is_kept_apart():
        return found
    return Markup(found.replace(CSRF_LATER, csrf_field()))


def once(template: str, **values: Hashable) -> Markup:
    """For templates: another one, drawn once for the values given."""
    return drawn(template, tuple(values.items()), lambda: values)
