"""A user agent in words: "Chrome on Windows"."""

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def _first(user_agent: str, known: tuple[tuple[str, str], ...]) -> str | None:
    return next((name for mark, name in known if mark in user_agent), None)


def describe(user_agent: str | None) -> str:
    """Browser and system, as far as they can be told."""
    browser = _first(user_agent or "", _BROWSERS) or "Unknown browser"
    system = _first(user_agent or "", _SYSTEMS)
    return f"{browser} on {system}" if system else browser


def is_handheld(user_agent: str | None) -> bool:
    """Whether to draw a phone rather than a screen beside it."""
    return _first(user_agent or "", _SYSTEMS) in {"iPhone", "iPad", "Android"}
