"""The command palette: a page that finds by name, and the same as a part of any page."""

from flask import Response, request

from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import is_fragment, render

from . import queries

feature = Feature("find", __name__)


@feature.page("/find", permission="Workspace.view")
def index() -> Response:
    """Pages, workspaces, numbers, services and people by name."""
    typed = request.args.get("q", "")[:100]
    template = "find/results.html" if is_fragment() else "find/index.html"
    return render(template, groups=queries.find(actor(), typed), typed=typed)
