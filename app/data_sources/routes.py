"""Data sources over HTTP: the collection, one form a kind, and "Test connection"."""

import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Response, current_app, request
from pydantic import BaseModel

from app.core import audit, database, pages, vault
from app.core import collection_store as store
from app.core.api import answer
from app.core.collection import Record
from app.core.collection_pages import Faces
from app.core.errors import Conflict, NotFound
from app.core.feature import MIB, Feature, Nav
from app.core.identity import actor
from app.core.schema import SchemaForm, form_for
from app.core.setting_pages import version_number
from app.core.spec import Spec, specs_of
from app.core.telling import worded
from app.sync import figures
from app.sync import queries as sync
from app.sync.fhir import KINDS as FHIR_KINDS

from . import connectors, signing, signing_routes, webhooks
from .declaration import (
    CONFIG,
    DATA_SOURCES,
    MAPPING,
    TITLES,
    form_schema,
    open_config,
    secrets_of,
)  # fmt: skip
from .kinds import KINDS, Kind, kind_of, secret_names
from .probes import Finding
from .signing_routes import feature as signing_feature  # noqa: F401  its routes come along

feature = Feature(
    "data_sources", __name__,
    nav=[Nav("Data sources", "database", "data_sources.index", 50, "DataSource.view", "Data", ("imports",))],
)  # fmt: skip


class FindingOut(BaseModel):
    """What "Test connection" found."""

    ok: bool
    code: str
    sentence: str
    detail: str
    milliseconds: int | None


def _kind(name: str | None) -> type[Kind]:
    kind = kind_of(name or "")
    if kind is None:
        raise NotFound("There is no such kind of data source.")
    return kind


def _labels() -> dict[str, Spec]:
    return {spec.name: spec for kind in KINDS for spec in specs_of(kind.Config)}


class SourceFaces(Faces):
    """A form for each kind; secrets are dots everywhere."""

    keeps_form = False

    def shown(self, name: str, value: Any) -> str:
        if name == "source_type":
            return TITLES.get(value, str(value))
        if name == CONFIG and isinstance(value, dict):
            return _told(value)
        return super().shown(name, value)

    def lines(self, name: str, record: Record[Any]) -> list[tuple[str, str]]:
        kind = _kind(record.value.source_type)
        if name == CONFIG:
            return _parts(specs_of(kind.Config), record.value.connection_config)
        return [] if name == MAPPING and kind.maps is None else super().lines(name, record)

    def index(self) -> Response:
        """The list with the three stages above it; 204 when nothing changed since it was seen."""
        seen = request.args.get("seen")
        if pages.is_fragment() and seen == figures.version(actor().here.id):
            return Response(status=204)
        return super().index()

    def show(self, ident: uuid.UUID) -> Response:
        """The page; for what renews itself the part that tells of readings, 204 when it is the
        same."""
        if not pages.is_fragment():
            return super().show(ident)
        record = store.one(self.of, actor(), ident)
        values = self._readings(record)
        if "reading" not in values or request.args.get("seen") == values["reading"].stamp:
            return Response(status=204)
        return pages.render("data_sources/reading.html", record=record, **values)

    def _readings(self, record: Record[Any]) -> dict[str, Any]:
        kind = record.value.source_type
        if kind not in sync.SHOWN_READINGS:
            return {}
        return {"reading": sync.reading(actor().here.id, record.id), "hook": kind == "webhook"}

    def _table(self, found: Any) -> dict[str, Any]:
        """None: the list has its own, with figures that grow old by themselves."""
        return {"heads": (), "rows": ()}

    def _render(self, template: str, status: int = 200, **values: Any) -> Response:
        if template != "index":
            return super()._render(template, status, **values)
        name = "data_sources/live.html" if pages.is_fragment() else "data_sources/index.html"
        here = actor().here.id
        asked = {n: v for n, v in request.args.items() if n != "seen"}
        picture = figures.picture(here)
        again = self.url("index", **asked, seen=picture.version)
        return pages.render(name, status, of=self.of, url=self.url, again=again, cell=self.cell,
                            picture=picture, **values)  # fmt: skip

    def _schema(self, record: Record[Any] | None) -> type[Kind]:
        named = record.value.source_type if record else request.values.get("kind")
        return _kind(named)

    def new(self) -> Response:
        if "kind" not in request.args:
            return pages.render("data_sources/kinds.html", kinds=KINDS)
        kind = _kind(request.args["kind"])
        defaults = {spec.name: spec.default for spec in self.of.specs.values()}
        values = {**defaults, "source_type": kind.types[0], "sync_strategy": kind.strategies[0]}
        values[CONFIG] = {spec.name: spec.default for spec in specs_of(kind.Config)}
        form = self._made(kind)(formdata=None, data=values)
        return self._form(None, form, 200, kind=kind)

    def _made(self, kind: type[Kind]) -> Any:
        hidden = frozenset({MAPPING}) if kind.maps is None else frozenset()
        return form_for(form_schema(kind), (self.of.on_page | {"source_type"}) - hidden)

    def content(self, entered: BaseModel) -> dict[str, Any]:
        found = super().content(entered)
        blank = {n for kind in KINDS for n in secret_names(kind) if not found[CONFIG].get(n)}
        found[CONFIG] = {n: v for n, v in found[CONFIG].items() if n not in blank}
        return found

    def blank_form(self, data: Any) -> SchemaForm[Any]:
        kind = _kind(data.source_type)
        values = {name: getattr(data, name) for name in type(data).model_fields}
        config = values[CONFIG] if isinstance(values[CONFIG], dict) else {}
        values[CONFIG] = {n: v for n, v in config.items() if n not in secret_names(kind)}
        form: SchemaForm[Any] = self._made(kind)(formdata=None, data=values)
        return form

    def sent_form(self, record: Record[Any] | None) -> SchemaForm[Any]:
        form: SchemaForm[Any] = self._made(self._schema(record))()
        return form

    def _form(self, record: Record[Any] | None, form: SchemaForm[Any], status: int,
              **more: Any) -> Response:  # fmt: skip
        kind = self._schema(record)
        for field in form.leaves:
            name = field.spec.name
            if record and field.ui.secret and name in (record.value.connection_config or {}):
                field.description = "Stored. Leave it empty to keep it."
        hidden = {"source_type": kind.types[0], "kind": kind.types[0]}
        if record:
            hidden["source_type"] = record.value.source_type
        return super()._form(
            record, form, status, **{"kind": kind, "subtitle": kind.title, "hidden": hidden, **more}
        )

    def extra(self, record: Record[Any]) -> dict[str, Any]:
        found: dict[str, Any] = {"subtitle": _kind(record.value.source_type).title}
        found |= self._readings(record)
        if record.value.source_type in FHIR_KINDS:
            found |= {
                "compares": True,
                "every": record.value.connection_config.get("compare", "day"),
            }
        lists = record.value.connection_config.get("endpoints") or ()
        found["rereads"] = any(one.get("since_param") for one in lists)
        if record.value.source_type == "smart_fhir":
            found["signing"] = signing_routes.shown(actor().here.id, record)
        if record.value.source_type == "webhook":
            found["hook"] = webhooks.told(actor().here.id, record.id, record.value)
        return found

    def with_secret(self, record: Record[Any], issued: Any) -> Response:
        """The page, with a secret that is shown this once."""
        return self._form(record, self.blank_form(record.value), 200, issued=issued)

    def with_preview(
        self, record: Record[Any] | None, form: SchemaForm[Any], found: Any, kept: dict[str, Any]
    ) -> Response:
        """The form as it was sent, with what its first records would become."""
        return self._form(record, form, form.status, preview=found, **kept)

    def with_wrong_file(self, record: Record[Any], sentence: str) -> Response:
        """The page, with why a file was not taken."""
        return self._form(record, self.blank_form(record.value), 422, wrong_file=sentence)

    def with_finding(self, record: Record[Any], finding: Finding) -> Response:
        """The page, with what a test of the connection found."""
        return self._form(record, self.blank_form(record.value), 200, finding=finding)


def _parts(specs: Iterable[Spec], config: dict[str, Any]) -> list[tuple[str, str]]:
    """(label, value) of what is set, in the order of the form."""
    return [
        (s.ui.label, "Set" if s.ui.secret else worded(s, config[s.name]))
        for s in specs if config.get(s.name) not in (None, "", [], {})
    ]  # fmt: skip


def _told(config: dict[str, Any]) -> str:
    known = [label for name, label in _labels().items() if name in config]
    return "; ".join(f"{label}: {value}" for label, value in _parts(known, config))


def _probe(ident: uuid.UUID) -> Finding:
    """Really ask the other side; the database is not held meanwhile."""
    record = store.one(DATA_SOURCES, actor(), ident)
    kind = _kind(record.value.source_type)
    config = record.value.connection_config
    secrets = secrets_of(actor(), kind, config)
    opened = open_config(kind, config)
    if record.value.source_type == "smart_fhir" and secrets.get("private_key"):
        try:
            opened, secrets = signing.current(actor().here.id, ident, opened, secrets)
        except vault.VaultError:
            raise Conflict("A stored key cannot be read any more. Enter a new one.") from None
    database.commit()
    drop = current_app.config["WARD"].drop_folder
    found = kind.probe(opened, secrets, Path(drop) / str(actor().here.id) if drop else None)
    audit.record(
        "data_source.test", "data_source", ident, resource_name=record.value.name,
        metadata={"found": found.code},
    )  # fmt: skip
    return found


faces = SourceFaces(DATA_SOURCES, feature)


@feature.page("/data-sources/<uuid:ident>/test", permission="DataSource.update", methods=["POST"])
def test(ident: uuid.UUID) -> Response:
    """Ask the other side and say what was found."""
    found = _probe(ident)
    record = store.one(DATA_SOURCES, actor(), ident)
    return faces.with_finding(record, found)


@feature.api("POST", "/data-sources/<uuid:ident>/test", permission="DataSource.update",
             response=FindingOut, summary="Test the connection of a data source")  # fmt: skip
def api_test(ident: uuid.UUID) -> FindingOut:
    """A real request with a time limit of five seconds."""
    found = _probe(ident)
    return FindingOut(ok=found.ok, code=found.code, sentence=found.sentence, detail=found.detail,
                      milliseconds=found.milliseconds)  # fmt: skip


def _whole(found: dict[str, Any]) -> Response:
    response = answer(found)
    response.set_etag(str(found["version"]))
    return response


@feature.api("GET", "/settings/connectors", permission="DataSource.view",
             response=connectors.Connectors, summary="Read all data sources as one list")  # fmt: skip
def api_connectors() -> Response:
    """The whole list, oldest first."""
    return _whole(connectors.read(actor()))


@feature.api("PUT", "/settings/connectors", permission="DataSource.update", max_body=4 * MIB,
             body=connectors.ConnectorsIn, response=connectors.Connectors,
             summary="Replace all data sources by a list",
             description="All or nothing. An entry with the id of a source changes it as a whole"
             " (a secret that is left out or sent as dots stays), one without an id is a new"
             " source, and a source that is not in the list is deleted.",
             also={409: "The list is out of date, a name is taken, or a source is still used."},
             )  # fmt: skip
def api_connectors_save(body: connectors.ConnectorsIn) -> Response:
    """Replace the list."""
    version = body.version
    if version is None:
        named = request.headers.get("If-Match", "").removeprefix("W/").strip('" ')
        version = None if named == "*" else version_number(named, "If-Match")
    return _whole(connectors.replace(actor(), body, version))
