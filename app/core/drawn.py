"""Parts of pages that are drawn once for what they show."""

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import orjson
from flask import current_app, template_rendered
from markupsafe import Markup

from .cookies import csrf_field, is_kept_apart, kept_apart
from .identity import actor

MOST = 12_000_000
"""Bytes that a process keeps."""
_MARK = re.compile(rb"<!--(\w+)-->")


def slot(name: str) -> Markup:
    """Where something belongs that is put into a part each time. Text cannot hold this mark, since
    what people typed is escaped."""
    return Markup(f"<!--{name}-->")


CSRF_LATER = slot("csrf")
"""Where a form's token belongs: it is the visitor's own, and never kept."""
Values = Callable[[], Mapping[str, Any]]
"""Makes what the template needs."""
Later = Mapping[str, bytes | str]
"""What belongs at the marks: HTML, by the name of the mark."""
Pieces = tuple[bytes, ...]
"""HTML, the name of a mark, HTML, the name of a mark, and so on."""


class Part(bytes):
    """HTML in UTF-8, as it is sent. Templates take it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        return self.decode()

    __str__ = __html__


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """The template with these values and what all templates may use; nothing of the request."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    found = app.jinja_env.get_template(template)
    text: str = found.render(values)
    template_rendered.send(app, template=found, context=values)
    return text


class _Kept:
    """The newest parts, by what they show; the longest unused ones go when there are too many."""

    def __init__(self) -> None:
        self.parts: OrderedDict[Hashable, Pieces] = OrderedDict()
        self.size = 0
        self.lock = threading.Lock()

    def find(self, key: Hashable) -> Pieces | None:
        with self.lock:
            found = self.parts.get(key)
            if found is not None:
                self.parts.move_to_end(key)
            return found

    def add(self, key: Hashable, part: Pieces) -> None:
        with self.lock:
            self.size += _size(part) - _size(self.parts.get(key, ()))
            self.parts[key] = part
            while self.size > MOST:
                self.size -= _size(self.parts.popitem(last=False)[1])


def _size(part: Pieces) -> int:
    return sum(map(len, part))


_kept = _Kept()


def drawn(
    template: str, key: Hashable, values: Values, keep: bool = True, later: Later | None = None
) -> Part:
    """The template, drawn once for `key`, which holds all that it shows.

    Without `keep` it is drawn each time, and nothing of it stays.

    The workspace and what the actor may do are part of the key. The template may not use the
    request, the person or the time; `csrf_later` stands where a form needs its token, and other
    marks where `later` is put in each time.
    """
    if not keep:
        return _put(_cut(template, values), later or {})
    return drawn_each(template, [(key, values)], later)[0]


def drawn_each(
    template: str, shown: Iterable[tuple[Hashable, Values]], later: Later | None = None
) -> list[Part]:
    """`drawn` for each (key, values) of a list."""
    scope = (current_app._get_current_object(), template, actor().scope)  # type: ignore[attr-defined]
    return [_put(_one(template, (scope, key), values), later or {}) for key, values in shown]


def told(*shown: Any) -> Hashable:
    """Stands in a key for what is shown where that is long: rows of `database.raw`, words, and
    times of one zone (of an odd offset the seconds would be lost)."""
    try:
        content = orjson.dumps(shown)
    except orjson.JSONEncodeError:
        # JSON of others may hold numbers of more than 64 bits.
        content = repr(shown).encode()
    return hashlib.sha256(content).digest()


def _one(template: str, whole: Hashable, values: Values) -> Pieces:
    found = _kept.find(whole)
    if found is None:
        with kept_apart():
            found = _cut(template, values)
        _kept.add(whole, found)
    return found


def _cut(template: str, values: Values) -> Pieces:
    return tuple(_MARK.split(rendered(template, values()).encode()))


def _put(pieces: Pieces, later: Later) -> Part:
    """The whole, with what belongs at its marks."""
    if len(pieces) == 1:
        return Part(pieces[0])
    whole = list(pieces)
    whole[1::2] = [_at(name.decode(), later) for name in pieces[1::2]]
    return Part(b"".join(whole))


def _at(name: str, later: Later) -> bytes:
    """What belongs at a mark: the mark itself where that is not known yet. The visitor's token goes
    in as well, but within a part that is kept itself."""
    put = later.get(name)
    if put is None:
        put = csrf_field() if name == "csrf" and not is_kept_apart() else slot(name)
    return put.encode() if isinstance(put, str) else put


def once(template: str, **values: Hashable) -> Part:
    """For templates: another one, drawn once for the values given."""
    return drawn(template, tuple(values.items()), lambda: values)
