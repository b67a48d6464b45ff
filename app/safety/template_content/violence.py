"""Violence in the family and by partners."""

from . import Rule, judged, to

BASIS = (
    "Violence Against Women Act (34 U.S.C. 12291 and following) and the clinic's duty of"
    " confidential help for victims of domestic violence."
)
CARE = (
    "Say whether the caller may live with violence or fear at home. Never advise them to confront"
    " the other person. Somebody may be listening. When in doubt, answer escalate."
)
VERDICTS = judged("escalate", "ask_if_safe_to_talk", "keep_watching", "no_concern", prompt=CARE)
RULES = (
    Rule(
        name="Violence at home: said openly",
        description="The caller says that a partner or somebody in the family hits, chokes, kicks,"
        " threatens or forces them. Not meant: violence in the news or injuries from sport.",
        triage_hints=(
            "My husband hit me again last night.",
            "He put his hands around my throat.",
            "She throws things at me when she's angry.",
            "My boyfriend forced me, I said no.",
            "My brother beats me and nobody believes it.",
            "He threatened me with a knife.",
            "I'm scared of what he does when he drinks.",
            "She pushed me down the stairs.",
            "He said he'd kill me if I left.",
        ),
        threshold=0.4, standalone_threshold=0.78, agent_config=VERDICTS,
        escalation=to("crisis_counselor", "The caller tells of violence at home. Ask first whether"
                      " it is safe to talk.", BASIS),
        tags=("violence", "abuse"),
    ),
    Rule(
        name="Violence at home: injuries that do not fit",
        description="The caller explains an injury in a way that does not fit, changes the story,"
        " asks that nothing be written down, or comes again and again with bruises. Not meant: an"
        " accident told plainly.",
        triage_hints=(
            "I walked into the door again, it's nothing.",
            "Please don't write down how I got the bruise.",
            "I fell, that's what I was told to say.",
            "It's the third time this year that I broke something at home.",
            "I can't really explain how my eye got like that.",
            "He says I bruise easily, so it must be that.",
            "Can somebody look at my ribs without my wife knowing?",
            "I'd rather wear long sleeves to the appointment.",
        ),
        threshold=0.4, standalone_threshold=0.86, agent_config=VERDICTS,
        escalation=to("clinical", "The account of an injury does not fit. Ask in private how it"
                      " happened.", BASIS, immediate=False),
        tags=("violence", "abuse", "injury"),
    ),
    Rule(
        name="Violence at home: control",
        description="Somebody decides over the caller's money, phone, papers, medicines, contacts or"
        " way out of the house. Not meant: help that the caller has asked for, or a guardian who acts"
        " within the law.",
        triage_hints=(
            "He keeps my bank card, I can't pay for the visit.",
            "She checks my phone, so please don't leave a message.",
            "I'm not allowed to leave the house on my own.",
            "My husband decides which medicine I get.",
            "He took my passport so I can't go anywhere.",
            "I haven't been allowed to see my family for months.",
            "He drives me everywhere and waits in the room.",
            "She hides my pills when I don't do what she wants.",
        ),
        threshold=0.4, standalone_threshold=0.84, agent_config=VERDICTS,
        escalation=to("crisis_counselor", "The caller may be controlled by somebody at home. Offer a"
                      " safe way to be called back.", BASIS, immediate=False),
        tags=("violence", "abuse", "control"),
    ),
    Rule(
        name="Violence at home: afraid to be heard",
        description="The caller whispers, breaks off, speaks in code or says that somebody must not"
        " hear them. Not meant: a bad line, or a caller at work who has to be quiet.",
        triage_hints=(
            "I can't talk, he's in the next room.",
            "Just answer yes or no, someone's listening.",
            "I have to hang up, she's coming back.",
            "Can you pretend that this is about a dental appointment?",
            "Don't call this number, he'll see it.",
            "I'm in the bathroom so he doesn't hear me.",
            "If he picks up, please say you have the wrong number.",
            "He mustn't know that I called.",
        ),
        threshold=0.4, standalone_threshold=0.82, agent_config=VERDICTS,
        escalation=to("crisis_counselor", "The caller is afraid to be heard. Ask only questions that"
                      " take a yes or no; do not call back unasked.", BASIS),
        tags=("violence", "abuse", "fear"),
    ),
    Rule(
        name="Violence at home: children or danger now",
        description="A child, an elder or the caller is in danger at this moment, or a child is"
        " being hurt or sees the violence. Not meant: a quarrel among children, or strictness without"
        " harm.",
        triage_hints=(
            "He's breaking down the door right now.",
            "She hit the baby.",
            "The kids saw everything and they won't stop crying.",
            "He's got a gun and my daughter is with him.",
            "My mother's caregiver slaps her.",
            "My son comes back from his father with burns.",
            "I'm bleeding and he won't let me go.",
            "Send somebody, he's coming after us.",
        ),
        threshold=0.38, standalone_threshold=0.74, agent_config=VERDICTS,
        escalation=to("crisis_counselor", "Somebody is in danger now. Ask where they are; be ready to"
                      " call emergency services and to report as the law asks.", BASIS),
        tags=("violence", "abuse", "children", "danger"),
    ),
)  # fmt: skip
