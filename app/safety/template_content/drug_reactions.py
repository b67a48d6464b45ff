"""Adverse drug reactions and medication errors."""

from . import Rule, judged, to

BASIS = (
    "FDA reporting of adverse drug experiences (21 CFR 314.80) and MedWatch: unexpected and serious"
    " reactions are to be recognised, treated and reported."
)
CARE = (
    "Say whether the caller describes harm by a medicine, vaccine or device. Give no medical advice"
    " and name no dose. Trouble breathing or swelling of the face is always escalate."
)
VERDICTS = judged("escalate", "note_for_report", "keep_watching", "no_concern", prompt=CARE)
RULES = (
    Rule(
        name="Medicine: severe allergic reaction",
        description="Swelling of face, lips or throat, trouble breathing, hives all over, fainting or"
        " a racing heart after a medicine, vaccine or contrast agent. Not meant: hay fever or a known"
        " food allergy that is under control.",
        triage_hints=(
            "My lips are swelling since I took the new pill.",
            "I can't breathe well after the injection.",
            "I've got hives everywhere and my throat feels tight.",
            "She passed out ten minutes after the antibiotic.",
            "My tongue feels thick since this morning's tablet.",
            "His face is swollen up after the contrast scan.",
            "My heart is racing and I itch all over since the shot.",
            "I'm wheezing since I started the drops.",
        ),
        threshold=0.38, standalone_threshold=0.74, agent_config=VERDICTS,
        escalation=to("clinical", "Possible severe allergic reaction. Ask about breathing first; be"
                      " ready to call emergency services.", BASIS),
        tags=("adverse-reaction", "allergy", "emergency"),
    ),
    Rule(
        name="Medicine: new trouble after starting or changing it",
        description="A new symptom that began soon after a medicine was started, stopped, changed or"
        " combined with another. Not meant: the illness itself, or an effect that the caller was told"
        " to expect and that is mild.",
        triage_hints=(
            "Since I started the new blood pressure pill I'm dizzy all day.",
            "I've had this rash since you doubled the dose.",
            "My muscles ache ever since the cholesterol tablets.",
            "I've been throwing up since the new prescription.",
            "He's confused since they changed his medication.",
            "My urine went dark after a week on it.",
            "I bruise everywhere since the blood thinner.",
            "Could the two medicines together make me shake like this?",
            "I haven't slept since I switched brands.",
        ),
        threshold=0.42, standalone_threshold=0.85, agent_config=VERDICTS,
        escalation=to("clinical", "Possible adverse reaction. Note medicine, dose, start and symptom"
                      " for the report.", BASIS, immediate=False),
        tags=("adverse-reaction",),
    ),
    Rule(
        name="Medicine: wrong dose or wrong drug",
        description="Too much, too little, the wrong medicine, somebody else's medicine, or the wrong"
        " way of taking it, also by a child. Not meant: a question about the right dose before"
        " anything was taken.",
        triage_hints=(
            "I took my evening pills twice.",
            "I gave the baby the adult drops by mistake.",
            "The pharmacy gave me somebody else's tablets and I took them.",
            "I injected ten times the insulin.",
            "My toddler got into grandma's pill box.",
            "I swallowed the patch, I thought it was a strip.",
            "I've been taking the weekly tablet every day.",
            "She had two full spoons more than it says.",
        ),
        threshold=0.4, standalone_threshold=0.8, agent_config=VERDICTS,
        escalation=to("clinical", "A medicine was taken wrongly. Ask what, how much and when; poison"
                      " control may be needed.", BASIS),
        tags=("adverse-reaction", "medication-error"),
    ),
    Rule(
        name="Medicine: reaction to a vaccine or device",
        description="Trouble after a vaccination, an implant, a pump, a monitor or another device,"
        " also when the device fails. Not meant: a sore arm for a day or a battery that needs"
        " changing.",
        triage_hints=(
            "Her arm is hot and swollen a week after the vaccine.",
            "He had a seizure the night after the shots.",
            "My insulin pump stopped without an alarm.",
            "The monitor shows numbers that can't be right and I dosed by it.",
            "There's pus where the port was put in.",
            "The inhaler sprays nothing and I needed it.",
            "My pacemaker site is red and throbbing.",
            "I've had a fever for five days since the booster.",
        ),
        threshold=0.42, standalone_threshold=0.84, agent_config=VERDICTS,
        escalation=to("clinical", "Possible reaction to a vaccine or failure of a device. Note"
                      " product, lot if known, and dates.", BASIS, immediate=False),
        tags=("adverse-reaction", "vaccine", "device"),
    ),
    Rule(
        name="Medicine: stopped because of its effects",
        description="The caller stopped or skips a medicine because of how it makes them feel."
        " Not meant: a course that has ended, or a forgotten dose.",
        triage_hints=(
            "I stopped the pills, they made me feel awful.",
            "I only take half because the whole one knocks me out.",
            "I threw the steroid away, I couldn't stand it.",
            "I don't take the seizure medicine any more, it fogs my head.",
            "I quit the antidepressant on Friday because of the shaking.",
            "My mother spits her heart pill out, it gives her cramps.",
            "I skip it on work days because of the nausea.",
            "The side effects were worse than the illness, so I stopped.",
        ),
        threshold=0.42, standalone_threshold=0.86, agent_config=VERDICTS,
        escalation=to("clinical", "A medicine was stopped because of its effects. Stopping some"
                      " medicines suddenly is dangerous.", BASIS, immediate=False),
        tags=("adverse-reaction", "adherence"),
    ),
)  # fmt: skip
