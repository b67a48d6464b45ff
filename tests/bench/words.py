"""What callers and agents of the bench say: words as frequent and as rare as in real talk."""

import random

SPOKEN = (
    "the to i you a my is for on it and of we that have your can at me with this be in do are so"
    " would like appointment please yes need doctor thank call not was morning today what will"
    " one time next week they just know when number been okay date birth name here pain refill see"
    " how back there tomorrow still no from insurance office medicine could day take moment clinic"
    " new right now let after check nurse she he results last friday monday afternoon long since"
    " about available sorry hear help pharmacy card plan visit before blood pressure test message"
    " cancel reschedule speak line open early late feel fever cough knee headache prescription"
    " dose tablet allergy referral specialist surgery vaccine copay bill statement address spell"
    " letter sunday tuesday wednesday thursday saturday january february march april june july"
    " august september october november december noon evening night daughter son mother father"
)
"""The commonest first."""
PHRASE = "move it to a later day"
RARE, COMMON, MISSING = "Zanzibar", "appointment", "xylophone"
MIDDLING = "mevesersa"
"""A word of the vocabulary that is said in about one call of ten turns in a hundred."""
ELSEWHERE = "Quillfeather"
"""Said in a tenth of the calls of other workspaces, and as rarely as RARE where we look."""
_SYLLABLES = (
    "ba be bi bo ca ce co da de di do fa fe fi ga ge go ha he ka ke la le li lo lu ma me mi mo na"
    " ne ni no pa pe po ra re ri ro ru sa se si so su ta te ti to va ve vi za zo ber den fin gar"
    " hol kel lan mar nor pel ran ser ton ver win"
)


def vocabulary(dice: random.Random, size: int) -> list[str]:
    """Different words, the commonest first: English ones, then names and rare terms."""
    syllables = _SYLLABLES.split()
    words = dict.fromkeys(SPOKEN.split())
    while len(words) < size:
        words["".join(dice.choices(syllables, k=dice.randint(2, 4)))] = None
    return list(words)


def pieces(count: int, size: int = 30_000, seed: int = 4) -> list[str]:
    """Halves of turns, of 4 to 10 words by Zipf's law; one in fifty holds PHRASE."""
    dice = random.Random(seed)
    words = vocabulary(dice, size)
    weights = [1 / (rank + 2.7) for rank in range(len(words))]
    said = iter(dice.choices(words, weights, k=count * 7 + 10))
    found = []
    for number in range(count):
        own = [next(said) for _ in range(4 + number % 7)]
        found.append(f"{PHRASE} {own[0]}" if number % 50 == 7 else " ".join(own))
    return found
