"""What the demo's agent does while it speaks: states, tools, thoughts, and being interrupted."""

import itertools
import random
import re
from collections.abc import Iterator
from typing import Any

MAIN = {
    "refill": "Refill", "billing": "Billing note", "symptom": "Emergency", "fever": "Emergency",
    "person": "Hand over", "results": "Take a message", "voicemail": "Take a message",
    "school_form": "Take a message", "insurance": "Billing note",
}  # fmt: skip
"""Scene -> the state in which the agent settles it; appointments where nothing else is said."""
STATES = (
    ("Goodbye", r"\b(good)?bye\b|see you|que tenga"),
    ("Hand over", r"connecting you|please hold"),
    ("Confirm", r"you are (now )?(booked|with)|^done|cancelled|i have sent|está confirmada|arranged"),
    ("Offer times", r"which suits|shall i move|does that suit|le viene|would you like (that|another)"
                    r"|can you come|can see"),
    ("Greeting", r"virtual assistant|how can i help\?|with a reminder|habla|en qué puedo"),
)  # fmt: skip
WHY = {
    "Offer times": "Name, date of birth and reason are known.",
    "Confirm": "The caller has agreed.", "Hand over": "A person should take this.",
    "Emergency": "What the caller describes may be urgent.", "Goodbye": "Nothing is open.",
}  # fmt: skip
FAILED = "The calendar did not answer in time."
SLOW_TOOL, FAILING, CUT_SHORT = 0.05, 0.04, 0.04
LONG_LINE = 12


def state_of(scene: str, said: str, before: str | None) -> str:
    """The state the agent is in while it says this, coming from the state `before`."""
    text = said.lower()
    for name, pattern in STATES:
        if re.search(pattern, text):
            return name
    if before in ("Confirm", "Hand over"):
        return before
    return MAIN.get(scene, "Find an appointment")


def _slots(words: dict[str, str], done: bool) -> Any:
    found = [{"day": words["day"], "time": words["time"]},
             {"day": words["day2"], "time": words["time2"]}]  # fmt: skip
    return {"doctor": words["doctor"], "slots": found} if done else None


def _tool(state: str, said: str, words: dict[str, str]) -> tuple[str, Any, Any] | None:
    """(name, asked with, answered) of the tool behind a line."""
    if "found your record" in said:
        asked = {"name": words["patient"], "birth_date": words["birth"]}
        return "look_up_patient", asked, {"found": True, "records": 1}
    if state == "Offer times":
        return "find_slots", {"doctor": words["doctor"], "from": "today"}, _slots(words, True)
    if state == "Confirm" and "sent the request" in said:
        return "request_refill", {"drug": words["drug"]}, {"status": "requested"}
    if state == "Confirm":
        asked = {"doctor": words["doctor"], "day": words["day"], "time": words["time"]}
        return "book_appointment", asked, {"status": "booked"}
    return None


def tools(
    dice: random.Random, state: str, moved: bool, said: str, words: dict[str, str], at: float
) -> list[dict[str, Any]]:
    """The tools used for a line that begins at `at` seconds; slow and failing ones among them."""
    found = _tool(state if moved else "", said, words)
    if found is None:
        return []
    name, asked, answered = found
    lasted = round(dice.lognormvariate(5.6, 0.35))
    fails = name == "find_slots" and dice.random() < FAILING
    if fails or dice.random() < SLOW_TOOL:
        lasted = round(dice.uniform(2500, 4200))
    tool = {"tool_name": name, "input": asked, "duration_ms": lasted, "started_s": round(at, 2),
            "integration_name": "Calendar" if "slot" in name or "book" in name else "Records system"}  # fmt: skip
    retry = {**tool, "started_s": round(at + lasted / 1000, 2), "duration_ms": 240}
    if fails:
        failed = {**tool, "succeeded": False, "error_message": FAILED}
        return [failed, {**retry, "output": answered}]
    return [{**tool, "output": answered}]


def step(before: str | None, state: str, said: str) -> dict[str, Any]:
    """The details of a turn in which the agent moved on."""
    if before is None or before == state:
        return {}
    moved = {"from_state": before, "to_state": state}
    if state in WHY:
        moved["annotation"] = WHY[state]
    thought = f"“{said}”" if len(said) < 60 else "That is what I needed."
    return {"state_transitions": [moved], "inner_thoughts": [f"{thought} So I go on to {state}."]}


def cut_short(dice: random.Random, turns: list[dict[str, Any]]) -> Iterator[int]:
    """The places of long lines of the agent in whose middle the caller begins to speak."""
    for place, (turn, after) in enumerate(itertools.pairwise(turns)):
        spoken = turn["speaker_role"] == "agent" and after["speaker_role"] == "caller"
        if spoken and len(turn["text"].split()) >= LONG_LINE and dice.random() < CUT_SHORT:
            yield place
