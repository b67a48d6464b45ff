"""Suicide risk, after the Joint Commission's safety goal 15."""

from . import Rule, judged, to

BASIS = "Joint Commission National Patient Safety Goal NPSG.15.01.01: reduce the risk for suicide."
CARE = (
    "Say whether the caller may be in danger of harming themselves. A figure of speech about"
    " waiting or pain is not such a danger. When in doubt, answer escalate."
)
VERDICTS = judged("escalate", "ask_gently", "keep_watching", "no_concern", prompt=CARE)
RULES = (
    Rule(
        name="Suicide: said openly",
        description="The caller says that they want to die, to end their life or to kill"
        " themselves, or that they have tried. Not meant: sayings such as “this headache is killing"
        " me” or “I am dying to know”.",
        triage_hints=(
            "I don't want to be alive any more.",
            "I've been thinking about killing myself.",
            "I just want to die, I mean it.",
            "I tried to end it last night.",
            "Everyone would be better off if I were dead.",
            "I don't see a reason to go on living.",
            "I'm going to end my life.",
            "I wish I hadn't woken up this morning.",
            "There is no point in keeping me alive.",
        ),
        threshold=0.4, standalone_threshold=0.76, agent_config=VERDICTS,
        escalation=to("crisis_counselor", "The caller speaks of ending their life. Stay on the"
                      " line; ask whether they are safe right now.", BASIS),
        tags=("suicide", "crisis"),
    ),
    Rule(
        name="Suicide: said between the lines",
        description="The caller says goodbye as if for good, gives away what they own, is suddenly"
        " calm after great distress, or speaks of no longer being around. Not meant: moving house,"
        " changing clinics, or the end of a treatment.",
        triage_hints=(
            "I won't need any more appointments after this week.",
            "I just wanted to thank you all, you won't hear from me again.",
            "Somebody else should have my dog now, I've found her a home.",
            "I've given my things away, it feels lighter.",
            "It doesn't matter what the test says, I won't be around.",
            "I'm finally at peace, I've made up my mind.",
            "Please tell the doctor she did everything she could.",
            "They'll manage without me, I've put the papers in order.",
            "Soon nobody will have to worry about me.",
            "I'm tired of being a burden to everybody.",
        ),
        threshold=0.38, standalone_threshold=0.82, agent_config=VERDICTS,
        escalation=to("crisis_counselor", "The caller may be saying goodbye. Ask directly and"
                      " kindly about thoughts of suicide.", BASIS),
        tags=("suicide", "crisis", "indirect"),
    ),
    Rule(
        name="Suicide: plan or means",
        description="The caller names a way, a time or a place, has got hold of means such as pills"
        " or a weapon, or has written a note. Not meant: asking how to take or store a medicine"
        " safely.",
        triage_hints=(
            "I've been saving up my sleeping pills.",
            "I know exactly how I'd do it.",
            "The gun is in the drawer next to me.",
            "I've picked the day, it's Sunday.",
            "I wrote them a letter so they'd understand.",
            "How many of these would it take so I don't wake up?",
            "I'm standing on the bridge right now.",
            "I bought a rope last week.",
            "I've already taken the whole bottle.",
        ),
        threshold=0.38, standalone_threshold=0.74, agent_config=VERDICTS,
        escalation=to("crisis_counselor", "The caller names a way or has means at hand. Ask where"
                      " they are; be ready to call emergency services.", BASIS),
        tags=("suicide", "crisis", "means"),
    ),
    Rule(
        name="Self-harm",
        description="The caller hurts themselves on purpose or feels driven to, without saying that"
        " they want to die. Not meant: accidents, and picking at skin or nails out of habit.",
        triage_hints=(
            "I've started cutting again.",
            "I burn my arms when it gets too much.",
            "Hurting myself is the only thing that helps.",
            "I hit my head against the wall until it stops.",
            "I can't stop wanting to cut myself.",
            "There are new marks on my legs, I did them.",
            "I don't eat so that it hurts.",
            "I scratched myself until I bled, on purpose.",
        ),
        threshold=0.4, standalone_threshold=0.82, agent_config=VERDICTS,
        escalation=to("crisis_counselor", "The caller harms themselves. Ask about injuries that need"
                      " care now, and about thoughts of suicide.", BASIS),
        tags=("self-harm", "crisis"),
    ),
    Rule(
        name="Suicide: worry about somebody else",
        description="The caller fears that another person may take their life or has tried to. Not"
        " meant: grief about a suicide long ago, or a general question about prevention.",
        triage_hints=(
            "My son says he doesn't want to live.",
            "My husband locked himself in with his rifle.",
            "I found a goodbye note in her room.",
            "My sister keeps texting that it will all be over soon.",
            "Dad stopped his insulin and says he wants it to end.",
            "My roommate swallowed a lot of pills.",
            "I'm afraid to leave my wife alone tonight.",
            "My daughter talks about killing herself at school.",
        ),
        threshold=0.4, standalone_threshold=0.8, agent_config=VERDICTS,
        escalation=to("crisis_counselor", "Somebody near the caller may be in danger. Ask who, where,"
                      " and whether they are alone.", BASIS),
        tags=("suicide", "crisis", "third-party"),
    ),
)  # fmt: skip
