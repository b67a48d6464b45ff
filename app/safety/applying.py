"""Applying a regulation template: each rule becomes a monitor concept."""

from dataclasses import asdict, dataclass
from typing import Any

from app.core import audit, database
from app.core import collection_store as store
from app.core.errors import NotFound
from app.core.identity import Actor

from .declaration import CONCEPTS
from .templates import TEMPLATES, Rule, Template, rules_of

_NAMES = """
select name from monitor_concept where workspace_id = %(workspace_id)s and name = any(%(names)s)
"""
_REMEMBER = """
insert into safety_template (workspace_id, template_id, template_version, applied_by)
values (%(workspace_id)s, %(template_id)s, %(version)s, %(by)s)
on conflict (workspace_id, template_id) do update
  set template_version = excluded.template_version, applied_by = excluded.applied_by,
      applied_at = now()
"""


@dataclass(frozen=True, slots=True)
class Planned:
    """A rule, and whether a concept of its name is there already."""

    rule: Rule
    exists: bool


def template(ident: str) -> Template:
    """The template of this id. Raises NotFound."""
    if ident not in TEMPLATES:
        raise NotFound("There is no such template.")
    return TEMPLATES[ident]


def out(found: Template) -> dict[str, Any]:
    """A template as JSON."""
    return asdict(found)


def plan(actor: Actor, chosen: Template) -> list[Planned]:
    """What applying would create, and what is there already."""
    rules = rules_of(chosen)
    params = {"workspace_id": actor.here.id, "names": [rule.name for rule in rules]}
    known = {row[0] for row in database.rows(_NAMES, params)}
    return [Planned(rule, rule.name in known) for rule in rules]


def _concept(rule: Rule) -> Any:
    content = asdict(rule)
    content.pop("triage_hints")
    return CONCEPTS.parse({**content, "tags": list(rule.tags)})


def apply(actor: Actor, ident: str, override: bool) -> tuple[list[str], list[str]]:
    """Create the concepts; those there already are left alone, or replaced. All or nothing."""
    chosen = template(ident)
    created, skipped = [], []
    for planned in plan(actor, chosen):
        value = _concept(planned.rule)
        if not planned.exists:
            store.create(CONCEPTS, actor, value)
            created.append(planned.rule.name)
            continue
        known = store.named(CONCEPTS, actor, planned.rule.name) if override else None
        if known is None:
            skipped.append(planned.rule.name)
        else:
            store.update(CONCEPTS, actor, known.id, value.model_dump(mode="json"))
            created.append(planned.rule.name)
    database.execute(_REMEMBER, {
        "workspace_id": actor.here.id, "template_id": ident, "version": chosen.version,
        "by": actor.label,
    })  # fmt: skip
    audit.record(
        "safety_template.apply", "safety_template", ident, resource_name=chosen.name, actor=actor,
        metadata={"created": created, "skipped": skipped, "override": override},
    )  # fmt: skip
    return created, skipped
