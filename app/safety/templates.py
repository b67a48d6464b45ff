"""The regulation templates (domain 8.5): tried sets of rules that become monitor concepts."""

from dataclasses import dataclass

from .template_content import Rule, drug_reactions, suicide, violence

__all__ = ["TEMPLATES", "Rule", "Template", "rules_of"]


@dataclass(frozen=True, slots=True)
class Template:
    """Rules for one regulation, or a bundle of other templates."""

    id: str
    name: str
    regulation: str
    description: str
    category: str
    version: str = "1.0"
    rules: tuple[Rule, ...] = ()
    is_composite: bool = False
    template_ids: tuple[str, ...] = ()


_ALL = (
    Template(
        id="healthcare_baseline",
        name="Healthcare baseline",
        regulation="Joint Commission NPSG 15, Violence Against Women Act, FDA",
        description="What every clinic should listen for: danger of suicide, violence at home and"
        " harm by medicines.",
        category="baseline",
        is_composite=True,
        template_ids=(
            "joint_commission_npsg15", "vawa_domestic_violence", "fda_adverse_drug_reaction",
        ),
    ),
    Template(
        id="joint_commission_npsg15",
        name="Suicide risk",
        regulation="Joint Commission NPSG 15",
        description="Recognises callers in danger of suicide, also when they do not say so, and"
        " brings in a crisis counselor at once.",
        category="crisis",
        rules=suicide.RULES,
    ),
    Template(
        id="vawa_domestic_violence",
        name="Violence at home",
        regulation="Violence Against Women Act",
        description="Recognises callers who live with violence or control, and helps without putting"
        " them in more danger.",
        category="abuse",
        rules=violence.RULES,
    ),
    Template(
        id="fda_adverse_drug_reaction",
        name="Harm by medicines",
        regulation="FDA adverse drug reaction reporting",
        description="Recognises reactions to medicines, vaccines and devices, and mistakes in taking"
        " them.",
        category="pharmacovigilance",
        rules=drug_reactions.RULES,
    ),
)  # fmt: skip
TEMPLATES = {template.id: template for template in _ALL}


def rules_of(template: Template) -> tuple[Rule, ...]:
    """The rules of a template, or of all that it bundles."""
    bundled = (rule for ident in template.template_ids for rule in rules_of(TEMPLATES[ident]))
    return (*template.rules, *bundled)
