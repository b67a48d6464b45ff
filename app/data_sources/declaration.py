"""The collection of data sources. Each kind's own configuration is checked by its class."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ValidationError, create_model

from app.core import vault
from app.core.collection import Collection, Derived, Record
from app.core.errors import Invalid
from app.core.identity import Actor
from app.core.schema import UI, plain
from app.core.settings import Card

from . import mapping
from .kinds import KINDS, Kind, kind_of, secret_names
from .schema import STRATEGIES, DataSourceIn

CONFIG = "connection_config"
MAPPING = "field_mappings"
LOST = "The stored secret cannot be read any more. Enter it again."
TITLES = {name: kind.title for kind in KINDS for name in kind.types}


def secrets_of(actor: Actor, kind: type[Kind], config: Mapping[str, Any]) -> dict[str, str]:
    """The secrets of a stored configuration. Raises Invalid beside the one that is lost."""
    found = {}
    for name in secret_names(kind):
        if vault.is_sealed(config.get(name)):
            try:
                found[name] = vault.unseal(actor.here.id, name, config[name])
            except vault.VaultError:
                raise _refused({name: LOST}) from None
    return found


def open_config(kind: type[Kind], config: Mapping[str, Any]) -> Any:
    """A stored configuration as an instance, without its secrets."""
    known = {n: v for n, v in config.items() if n not in secret_names(kind)}
    return kind.Config.model_validate(known)


def _refused(sentences: Mapping[str, str]) -> Invalid:
    return Invalid([
        {"loc": ["body", CONFIG, name], "msg": said, "type": "value_error"}
        for name, said in sentences.items()
    ])  # fmt: skip


def _given_secrets(
    actor: Actor, kind: type[Kind], config: Mapping[str, Any], stored: Mapping[str, Any]
) -> tuple[dict[str, str], dict[str, str]]:
    """(newly entered, kept sealed) secrets; left out or shown as dots means as it is."""
    new: dict[str, str] = {}
    kept: dict[str, str] = {}
    for name in secret_names(kind):
        value = config.get(name, vault.HIDDEN)
        if value == vault.HIDDEN:
            value = stored.get(name)
        if not value:
            continue
        if not isinstance(value, str):
            raise _refused({name: "Enter text."})
        if vault.is_sealed(value) and _opens(actor, name, value):
            kept[name] = value
        elif vault.is_sealed(value) and value == stored.get(name):
            raise _refused({name: LOST})
        else:
            new[name] = value
    return new, kept


def _opens(actor: Actor, name: str, sealed: str) -> bool:
    try:
        vault.unseal(actor.here.id, name, sealed)
    except vault.VaultError:
        return False
    return True


def prepare(actor: Actor, content: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Check the connection by its kind and seal its secrets. Raises Invalid."""
    kind = kind_of(str(content.get("source_type")))
    config = content.get(CONFIG) or {}
    if kind is None or not isinstance(config, dict):
        return content
    same = content.get("source_type") in kind.types and before.get("source_type") in kind.types
    stored = (before.get(CONFIG) or {}) if same else {}
    new, kept = _given_secrets(actor, kind, config, stored)
    public = {n: v for n, v in config.items() if n not in secret_names(kind)}
    try:
        checked = kind.Config.model_validate({**public, **new})
    except ValidationError as error:
        raise Invalid(plain(error.errors(include_url=False), ["body", CONFIG])) from None
    known = {**new, **secrets_of(actor, kind, kept)}
    checked, made = kind.completed(checked, known)
    new, known = {**new, **made}, {**known, **made}
    if missing := kind.missing(checked, known):
        raise _refused(missing)
    _check_schedule(kind, content)
    if kind.maps is not None:
        content = {**content, MAPPING: _mapping(content.get(MAPPING) or {})}
    dump = checked.model_dump(mode="json")
    sealed = {name: vault.seal(actor.here.id, name, secret) for name, secret in new.items()}
    public = {name: item for name, item in dump.items() if name not in secret_names(kind)}
    return {**content, CONFIG: {**public, **kept, **sealed}}


def _mapping(given: Any) -> dict[str, Any]:
    try:
        lines = mapping.read(given)
    except ValidationError as error:
        raise Invalid(plain(error.errors(include_url=False), ["body", MAPPING])) from None
    return {name: line.model_dump() for name, line in lines.items()}


def _check_schedule(kind: type[Kind], content: Mapping[str, Any]) -> None:
    strategy = content.get("sync_strategy", "manual")
    if strategy not in kind.strategies:
        offered = ", ".join(kind.strategies)
        raise Invalid.at("sync_strategy", f"{kind.title} can be read like this: {offered}.")
    if strategy == "scheduled" and not content.get("sync_schedule"):
        raise Invalid.at("sync_schedule", "Say how often, such as every 15 minutes.")


def form_schema(kind: type[Kind]) -> type[BaseModel]:
    """The schema of a kind's form: the connection as fields of its own."""
    if kind not in _FORMS:
        config: Any = (Annotated[kind.Config, UI("Connection", "")], ...)
        about = UI("Read", "When its data is fetched.", options=STRATEGIES)
        strategy: Any = (Annotated[Literal[kind.strategies], about], kind.strategies[0])
        fields: Any = {CONFIG: config, "sync_strategy": strategy}
        if kind.maps is not None:
            fields[MAPPING] = (mapping.fields(kind.maps), {})
        _FORMS[kind] = create_model(f"{kind.__name__}Source", __base__=DataSourceIn, **fields)
    return _FORMS[kind]


_FORMS: dict[type[Kind], type[BaseModel]] = {}


class DataSources(Collection[DataSourceIn]):
    """Secrets are never shown again."""

    def out(self, record: Record[DataSourceIn], workspace_id: uuid.UUID) -> dict[str, Any]:
        found = super().out(record, workspace_id)
        return {**found, CONFIG: vault.hidden(found[CONFIG])}


def _state(kind: Any, label: str, sql: str, otherwise: str = "null") -> Derived:
    """A figure of the last readings; `s` is where the source stands."""
    return Derived(
        kind, label,
        f"select coalesce((select {sql} from sync_state s where s.workspace_id = t.workspace_id"
        f" and s.data_source_id = t.id), {otherwise})",
    )  # fmt: skip


DATA_SOURCES = DataSources(
    table="data_source",
    path="data-sources",
    schema=DataSourceIn,
    permission="DataSource",
    one="Data source",
    many="Data sources",
    text="Where patients, appointments and the like come from.",
    icon="database",
    columns=("source_type", "sync_strategy", "is_active"),
    search=("name", "display_name"),
    filters=("is_active", "source_type"),
    any_of=("source_type",),
    cards=(
        Card("Source", "What it is.", ("name", "display_name", "is_active")),
        Card("Connection", "How to reach it. Secrets are kept encrypted and never shown again.",
             (CONFIG,)),
        Card("Reading", "When its data is fetched, and what of it.",
             ("sync_strategy", "sync_schedule", "field_mappings")),
    ),
    empty="Connect the clinic’s records system, so that the agent knows whom it talks to.",
    unique={"uq_data_source_workspace_id_name": (
        "name", "A data source with this name exists already.")},
    derived={
        "last_sync_at": _state(datetime | None, "Last read", "s.last_success_at"),
        "last_sync_status": _state(str | None, "Last result", "s.last_status"),
        "last_sync_event_count": _state(int, "Records last time", "s.last_count", "0"),
        "health_status": _state(
            str, "Health", "case when s.last_run_at is null then 'unknown'"
            " when s.consecutive_errors > 0 then 'degraded' else 'healthy' end", "'unknown'"),
        "last_health_check": _state(datetime | None, "Last check", "s.last_run_at"),
        "discovered_by": Derived(str | None, "Found by", "select null::text"),
        "is_stale": _state(bool, "Stale", "t.is_active and s.stale_after < now()", "false"),
    },
    prepare=prepare,
    redact=vault.hidden,
    above="data_sources/above.html",
    within="data_sources/preview.html",
    extra="data_sources/extra.html",
)  # fmt: skip
