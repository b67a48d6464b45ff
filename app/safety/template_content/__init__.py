"""What the regulation templates say, a file each."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing to listen for; applied, it becomes a monitor concept."""

    name: str
    description: str
    triage_hints: tuple[str, ...]
    threshold: float
    standalone_threshold: float
    agent_config: dict[str, Any]
    escalation: dict[str, Any]
    tags: tuple[str, ...]


def judged(*verdicts: str, prompt: str | None = None) -> dict[str, Any]:
    """Who judges a turn between the two thresholds."""
    return {
        "model": "gemini-2.5-flash", "system_prompt": prompt, "timeout_s": 3.0,
        "action_space": list(verdicts),
    }  # fmt: skip


def to(operator: str, reason: str, basis: str, immediate: bool = True) -> dict[str, Any]:
    """Who takes the call when the rule fires."""
    return {
        "immediate": immediate, "operator_type": operator, "reason": reason,
        "regulatory_basis": basis,
    }  # fmt: skip
