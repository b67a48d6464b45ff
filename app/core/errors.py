"""Domain errors. `core.failures` turns each into a page or JSON, in one place."""

from collections.abc import Mapping, Sequence
from typing import Any, Self


class WardError(Exception):
    """Something to tell the caller: a status, a code for programs and a sentence for people."""

    status = 500
    code = "internal_error"
    title = "Something went wrong"
    sentence = "Ward could not do this. Try again in a moment."

    def __init__(self, sentence: str | None = None) -> None:
        super().__init__(sentence or self.sentence)
        self.sentence = sentence or self.sentence


class BadRequest(WardError):
    status, code, title = 400, "bad_request", "Ward could not read this request"
    sentence = "The request was incomplete or broken. Go back, reload the page and try again."


class Unauthenticated(WardError):
    status, code, title = 401, "unauthenticated", "Please sign in"
    sentence = "This needs a valid API key or a signed-in person."


class Forbidden(WardError):
    """The actor belongs here, but lacks `permission`."""

    status, code, title = 403, "forbidden", "Your role does not allow this"

    def __init__(self, permission: str | None = None, sentence: str | None = None) -> None:
        from .access import who_can

        self.permission = permission
        self.who = who_can(permission) if permission else None
        super().__init__(
            sentence
            or (f"Only {self.who} can do this." if self.who else "Your role does not allow this.")
        )


class NotFound(WardError):
    status, code, title = 404, "not_found", "Nothing here"
    sentence = "There is no such page, or it is not yours to see."

    @classmethod
    def of(cls, thing: str, by: str = "id") -> Self:
        """Nothing of this kind is here; the same for what never was and what is another's."""
        return cls(f"There is no {thing} with this {by}.")


class Conflict(WardError):
    status, code, title = 409, "conflict", "Somebody was faster"
    sentence = "This has changed in the meantime. Reload the page and try again."


class Gone(WardError):
    status, code, title = 410, "gone", "No longer here"
    sentence = "This link is no longer valid."


class TooLarge(WardError):
    status, code, title = 413, "too_large", "Too much at once"
    sentence = "The request is larger than this page or route accepts."


class Unsupported(WardError):
    """A body of a kind that is not taken here."""

    status, code, title = 415, "unsupported_media_type", "Not a kind of file Ward takes here"
    sentence = "Ward does not take this kind of file here."


class LengthRequired(WardError):
    """Without its length nobody could tell whether the body arrived whole."""

    status, code, title = 411, "length_required", "How long is it?"
    sentence = "Send the length of the body in the header Content-Length."


class Full(WardError):
    """A disk is full."""

    status, code, title = 507, "storage_full", "The disk is full"
    sentence = (
        "There is no room left on the disk of this installation. Nothing was stored; tell whoever"
        " runs Ward, and try again later."
    )


class Invalid(WardError):
    """Wrong input. `errors` is a mapping field -> message, or a list of {loc, msg, type}."""

    status, code, title = 422, "invalid", "Please check what you entered"
    sentence = "Some of what was entered is not valid."

    def __init__(self, errors: Mapping[str, str] | Sequence[dict[str, Any]]) -> None:
        super().__init__()
        self.errors: list[dict[str, Any]] = (
            [{"loc": [field], "msg": msg, "type": "value_error"} for field, msg in errors.items()]
            if isinstance(errors, Mapping)
            else list(errors)
        )

    @classmethod
    def at(cls, field: str, sentence: str) -> "Invalid":
        """One wrong field of the body."""
        return cls([{"loc": ["body", field], "msg": sentence, "type": "value_error"}])

    @property
    def messages(self) -> dict[str, str]:
        """Field -> message, for forms."""
        return {str(e["loc"][-1]) if e["loc"] else "": str(e["msg"]) for e in self.errors}


class TooMany(WardError):
    status, code, title = 429, "too_many_requests", "Too many tries"

    def __init__(self, retry_after: int, sentence: str | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(sentence or f"Wait {retry_after} seconds and try again.")


class Unavailable(WardError):
    status, code, title = 503, "unavailable", "Not available right now"
    sentence = "Ward cannot reach its database. Try again in a moment."
