"""The demo's agents and context graph: a front desk that books, refills, and hands over."""

from typing import Any


def _exit(to: str, why: str) -> dict[str, Any]:
    return {"next_state": to, "description": why}


def _talk(name: str, objective: str, exits: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "type": "action",
        "name": name,
        "objective": objective,
        "exit_conditions": exits,
        **more,
    }


GREETING = _talk(
    "Greeting", "Say which clinic this is and ask how you can help.",
    [_exit("What is it about", "The caller has said what they want."),
     _exit("Emergency", "The caller describes an emergency.")],
    action_guidelines=["Keep it to one sentence.", "Answer in the caller’s language."],
)  # fmt: skip
KNOWN = _talk(
    "Welcome back", "Greet the caller by name and ask how you can help.",
    [_exit("What is it about", "The caller has said what they want."),
     _exit("Emergency", "The caller describes an emergency.")],
    boundary_constraints=["Never read out anything from the record before the caller is known."],
)  # fmt: skip
ROUTING = {
    "type": "decision", "name": "What is it about",
    "objective": "Choose the way by what the caller wants.",
    "decision_guidelines": ["When in doubt, ask once more rather than guess."],
    "exit_conditions": [
        _exit("Find an appointment", "They want a new appointment or to move one."),
        _exit("Refill", "They need a prescription again."),
        _exit("Billing note", "They ask about a bill or their insurance."),
        _exit("Emergency", "They describe an emergency."),
        _exit("Hand over", "They ask for a person, or it is about none of these."),
    ],
}  # fmt: skip
WHO = {
    "type": "data_collection", "name": "Find an appointment",
    "objective": "Learn who needs which appointment.",
    "fields": [
        {"key": "full_name", "label": "Name", "type": "string",
         "ask_prompt": "May I have the patient’s full name?", "fhir_path": "Patient.name"},
        {"key": "birth_date", "label": "Date of birth", "type": "date",
         "fhir_path": "Patient.birthDate"},
        {"key": "reason", "label": "Reason for the visit", "type": "string"},
        {"key": "when", "label": "Best days and times", "type": "string", "required": False},
    ],
    "on_complete": "Offer times", "guidelines": ["Ask one thing at a time."],
    "constraints": ["Do not ask for a social security number."],
}  # fmt: skip
OFFER = _talk(
    "Offer times", "Offer two or three free times and agree on one.",
    [_exit("Confirm", "A time is agreed."), _exit("Hand over", "No time fits."),
     _exit("Find an appointment", "It is about somebody else after all.")],
    action_tool_call_specs=[{"tool_id": "find_slots"}],
    guardrails=[{"name": "Only free times", "description": "Offer only what the calendar returned."}],
)  # fmt: skip
REFILL = _talk(
    "Refill", "Take down the medicine, the dose and the pharmacy.",
    [_exit("Confirm", "Everything is taken down."),
     _exit("Hand over", "The caller asks for medical advice."),
     _exit("Emergency", "The caller took too much or reacts badly.")],
    boundary_constraints=["Never recommend, change or confirm a dose."],
    escalation_config={"topic_risk_score": 0.3, "operator_skill": "Medication"},
)  # fmt: skip
BILLING = {
    "type": "annotation", "name": "Billing note",
    "inner_thought": "I cannot see bills. I take a note and somebody calls back.",
    "next_state": "Take a message",
}  # fmt: skip
MESSAGE = _talk(
    "Take a message", "Take down name, number and the question; promise a call back today.",
    [_exit("Goodbye", "The note is complete."), _exit("Hand over", "They do not want to wait.")],
)  # fmt: skip
CONFIRM = _talk(
    "Confirm", "Say again what was agreed and ask whether it is right.",
    [_exit("Goodbye", "It is right."), _exit("What is it about", "There is something else."),
     _exit("Offer times", "It is not right.")],
)  # fmt: skip
EMERGENCY = _talk(
    "Emergency", "Tell the caller to hang up and dial 911; stay with them until a person is there.",
    [_exit("Hand over", "At once.")],
    action_guidelines=["Speak slowly and calmly."],
    escalation_config={"topic_risk_score": 1.0, "auto_escalate_threshold": 0.5},
    turn_policy={"barge_in_enabled": False, "safety_response": "alert"},
)  # fmt: skip
PERSON = _talk(
    "Hand over", "Stay with the caller until a person takes over.",
    [_exit("Goodbye", "The person has finished, or nobody could come.")],
)  # fmt: skip
END = _talk("Goodbye", "Thank the caller and end the call.", [])
GRAPH: dict[str, Any] = {
    "description": "Appointments, refills, messages, and a way out to a person from everywhere.",
    "new_user_initial_state": "Greeting",
    "returning_user_initial_state": "Welcome back",
    "terminal_state": "Goodbye",
    "topology_description": "Greeting, then by the caller’s wish to one of four ways; all end in"
    " Goodbye.",
    "global_action_guidelines": ["One question at a time.", "Say numbers digit by digit."],
    "global_boundary_constraints": ["No diagnosis and no advice on medicines.",
                                    "Never promise what the calendar does not show."],
    "states": [GREETING, KNOWN, ROUTING, WHO, OFFER, REFILL, BILLING, MESSAGE, CONFIRM, EMERGENCY,
               PERSON, END],
}  # fmt: skip
FIRST: dict[str, Any] = GRAPH | {
    "description": "The first version: messages only.",
    "states": [
        GREETING | {"exit_conditions": [_exit("Take a message", "The caller has said what they want.")]},
        KNOWN | {"exit_conditions": [_exit("Take a message", "The caller has said what they want.")]},
        MESSAGE | {"exit_conditions": [_exit("Goodbye", "The note is complete.")]},
        END,
    ],
    "topology_description": None,
}  # fmt: skip


def agent(name: str, clinic: str, background: str) -> dict[str, Any]:
    """A version of a demo agent."""
    return {
        "name": "Front desk", "initials": name[:2].upper(),
        "identity": {
            "name": name, "role": "Receptionist", "developed_by": clinic,
            "default_spoken_language": "en",
            "relationship_to_developer": {"ownership": f"Run by {clinic}", "type": "Assistant",
                                          "conversation_visibility": "Staff of the clinic"},
        },
        "background": background,
        "behaviors": ["Says that it is an assistant when asked.",
                      "Hands over when somebody asks for a person.",
                      "Never gives medical advice."],
        "communication_patterns": ["Short sentences.", "Repeats dates and numbers.",
                                   "Stays calm with upset callers."],
    }  # fmt: skip
