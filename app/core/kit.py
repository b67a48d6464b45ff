"""The smallest pieces of every page, each drawn once and kept: icons, badges, marks."""

from functools import cache, lru_cache

from markupsafe import Markup, escape

ENVIRONMENTS = {
    "production": ("Production", "rocket"),
    "staging": ("Staging", "flask-conical"),
    "development": ("Development", "hammer"),
}
_ICON = Markup(
    '<svg class="{}" width="20" height="20" aria-hidden="true" focusable="false">'
    '<use href="{}#{}"></use></svg>'
)


@cache
def icon(name: str, cls: str = "icon") -> Markup:
    """An icon of the sprite; decoration only, the words stand beside it."""
    from .pages import asset

    return _ICON.format(cls, asset("icons.svg"), name)


@cache
def env(environment: str) -> Markup:
    """A workspace's environment as a badge with its own colour and shape."""
    words, shape = ENVIRONMENTS[environment]
    return Markup('<span class="env env-{}">{}{}</span>').format(environment, icon(shape), words)


@lru_cache(4096, typed=True)
def mark(name: str, small: bool = False, color: str = "teal") -> Markup:
    """A workspace's initials in its colour."""
    initials = "".join(word[0].upper() for word in name.split()[:2])
    size = " sm" if small else ""
    return Markup('<span class="ws-mark{} mark-{}" aria-hidden="true">{}</span>').format(
        size, color, initials
    )


@lru_cache(4096, typed=True)
def badge(text: str, kind: str = "", icon_name: str = "") -> Markup:
    """A short word with a colour and, where colour alone would speak, an icon."""
    shape = icon(icon_name) if icon_name else ""
    return Markup('<span class="badge {}">{}{}</span>').format(kind, shape, text)


@lru_cache(4096, typed=True)
def text(value: str) -> str:
    """A value that repeats from row to row, escaped."""
    return str(escape(value))


GLOBALS = {"icon": icon, "env": env, "mark": mark, "badge": badge}
