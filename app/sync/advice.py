"""What to do about a failed reading, in words, by what went wrong.

Each sentence but those that begin with "Nothing to do" tells an administrator what to do first.
"""

WAIT = "Nothing to do for now: Ward tries again by itself. If it stays like this, call whoever runs"
ADVICE = {
    "unauthorised": "Check the credentials under “Connection”, save, and choose “Read now”.",
    "secret_lost": "Enter the secret again under “Connection”, save, and choose “Read now”.",
    "timed_out": f"{WAIT} that server and ask whether it is slow or unreachable.",
    "refused": f"{WAIT} that server and ask whether it is down.",
    "cut_off": f"{WAIT} that server and ask whether it was restarted.",
    "unknown_host": "Check the address under “Connection”.",
    "private_address": "Check the address, or allow addresses inside this network under"
    " “Connection”.",
    "certificate_not_trusted": "Ask whoever runs that server for its certificate authority and add"
    " it under “Connection”.",
    "redirected": "Enter the address to which the server sends Ward.",
    "too_large": "Choose fewer records a page under “Connection”.",
    "not_found": "Check the path of the address under “Connection”.",
    "bad_answer": f"{WAIT} that server and tell them what Ward says here.",
    "not_fhir": "Check that the address under “Connection” is that of the FHIR server itself, not"
    " of its website.",
    "bad_links": "Call whoever runs that server: its pages do not follow on each other. What came"
    " in before is kept.",
    "many_gone": "Ask whoever runs that server whether the records are really gone; if so, choose"
    " “Compare all records”, and they are taken out here as well.",
    "no_such_type": "Choose other resource types under “Connection”, or ask whoever runs that"
    " server to let Ward read these. All others were read.",
    "unreadable_file": "Take the file out of the folder or put a whole one in its place.",
    "no_folder": "Ask whoever runs Ward for the folder, or name another one under “Connection”.",
    "own_fault": "Choose “Read now” and, if it fails again, tell whoever runs Ward.",
    "not_mapped": "Say under “Fields” which are taken and from where, and under “Connection” where"
    " the id of a record stands.",
    "same_page": "Check the name of the parameter for the next page under “Connection”.",
    "wrong_path": "Check under “Connection” where the list and its next page stand.",
    "broken_off": "Nothing to do: what was read is kept, and the next reading goes on from there.",
}


BY_HAND = "Choose “Read now” in a while and, if it fails again, call whoever runs"
NOTHING, TELL = (
    "Nothing to do",
    "Ward tries again by itself. If it stays like this, tell an administrator.",
)


class Advice(str):
    """What to do; empty when nothing is known."""

    __slots__ = ()

    @property
    def for_others(self) -> str:
        """The same for those who may not do it."""
        if self.startswith(WAIT):
            return TELL
        if not self or self.startswith(NOTHING):
            return self
        return f"An administrator should {self[0].lower()}{self[1:]}"


def on(code: str | None, by_itself: bool = True) -> Advice:
    """What to do. `by_itself`: Ward reads again without being asked."""
    told = ADVICE.get(code or "", "")
    return Advice(told if by_itself else told.replace(WAIT, BY_HAND))
