"""The kinds of data sources there are."""

from app.core.spec import specs_of

from .base import Kind
from .fhir import FhirServer, SmartServer
from .others import FileDrop, RestApi
from .webhook import Webhook

__all__ = ["KINDS", "Kind", "kind_of", "secret_names"]

KINDS: tuple[type[Kind], ...] = (FhirServer, SmartServer, RestApi, Webhook, FileDrop)
_BY_TYPE = {name: kind for kind in KINDS for name in kind.types}
_SECRETS = {
    kind: tuple(spec.name for spec in specs_of(kind.Config) if spec.ui.secret) for kind in KINDS
}


def kind_of(source_type: str) -> type[Kind] | None:
    """The kind that serves this source_type."""
    return _BY_TYPE.get(source_type)


def secret_names(kind: type[Kind]) -> tuple[str, ...]:
    """The fields of a kind that are kept encrypted."""
    return _SECRETS[kind]
