"""Parts of pages that are drawn once for what they show."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from flask import current_app, render_template
from markupsafe import Markup

from .cookies import csrf_field
from .identity import actor

MOST = 16_000_000
"""Characters that a process keeps."""
CSRF_LATER = Markup("<!--csrf-->")
"""Where a form's token belongs: it is the visitor's own, and never kept. Text cannot hold this,
since what people typed is escaped."""


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


def drawn(template: str, key: Hashable, values: Callable[[], Mapping[str, Any]]) -> Markup:
    """The template, drawn once for `key`, which holds all that it shows.

    The workspace and what the actor may do are part of the key. The template may not use the
    request, the person or the time; `csrf_later` stands where a form needs its token.
    """
    me = actor()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    whole = (app, template, me.here, me.permissions, key)
    found = _kept.find(whole)
    if found is None:
        found = Markup(render_template(template, **values()))
        _kept.add(whole, found)
    return Markup(found.replace(CSRF_LATER, csrf_field())) if CSRF_LATER in found else found
