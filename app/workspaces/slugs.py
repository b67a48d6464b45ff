"""Slugs: the rule, and a suggestion from a name."""

import re
import unicodedata

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,61}[a-z0-9]")
LONGEST = 63
_SPELLED = str.maketrans({"&": " and ", "ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ł": "l"})


def suggest(name: str) -> str:
    """A valid slug from a name, or "" when nothing of it can be kept."""
    spelled = name.casefold().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "")
    plain = unicodedata.normalize("NFKD", spelled.translate(_SPELLED))
    letters = plain.encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:LONGEST].strip("-")
    return slug if SLUG.fullmatch(slug) else ""
