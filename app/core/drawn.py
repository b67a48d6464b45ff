"""Parts of pages that are drawn once for what they show."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from flask import current_app, render_template
from markupsafe import Markup

from .cookies import csrf_field
from .identity import actor

MOST = 4096
CSRF_LATER = Markup("<!--csrf-->")
"""Where a form's token belongs: it is the visitor's own, and never kept. Text cannot hold this,
since what people typed is escaped."""
_kept: OrderedDict[Hashable, Markup] = OrderedDict()
_lock = threading.Lock()


def drawn(template: str, key: Hashable, values: Callable[[], Mapping[str, Any]]) -> Markup:
    """The template, drawn once for `key`, which holds all that it shows.

    The workspace and what the actor may do are part of the key. The template may not use the
    request, the person or the time; `csrf_later` stands where a form needs its token.
    """
    me = actor()
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    whole = (app, template, me.here, me.permissions, key)
    with _lock:
        found = _kept.get(whole)
        if found is not None:
            _kept.move_to_end(whole)
    if found is None:
        found = Markup(render_template(template, **values()))
        with _lock:
            _kept[whole] = found
            if len(_kept) > MOST:
                _kept.popitem(last=False)
    return Markup(found.replace(CSRF_LATER, csrf_field())) if CSRF_LATER in found else found
