"""The route table as text: what is declared, for review."""

from .access import roles_with
from .feature import ROUTES, Route

WHO = {"public": "everybody", "personal": "any signed-in person or key"}


def _line(route: Route) -> tuple[str, str, str, str]:
    permission = route.permission or route.reach
    roles = " ".join(roles_with(route.permission)) if route.permission else WHO[route.reach]
    return ",".join(route.methods), route.rule, permission, roles


def table() -> str:
    """Method, path, permission and roles; one route a line, in address order."""
    lines = sorted((_line(route) for route in ROUTES.values()), key=lambda line: (line[1], line[0]))
    wide = [max(len(line[column]) for line in lines) for column in range(3)]
    rows = [
        "  ".join([*(c.ljust(w) for c, w in zip(line, wide, strict=False)), line[3]])
        for line in lines
    ]
    return "\n".join(rows) + "\n"
