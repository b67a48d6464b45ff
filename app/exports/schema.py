"""What an export may be asked for."""

from typing import Annotated, Literal, Self

from annotated_types import MaxLen
from pydantic import model_validator

from app.calls.filters import CallFilter
from app.core.schema import UI, Schema, at

CONTENTS = {
    "records": "Call records only",
    "redacted": "With transcripts, what identifies people masked",
    "full": "With whole transcripts and callers’ whole numbers",
}
FORMATS = {"csv": "CSV, for spreadsheets", "ndjson": "NDJSON, for programs"}
SHORTEST_REASON = 10


class Export(Schema):
    """The file: its format, what of a call it holds, and why when it holds everything."""

    format: Annotated[Literal["csv", "ndjson"], UI("Format", options=FORMATS)] = "csv"
    content: Annotated[Literal["records", "redacted", "full"], UI("Content", options=CONTENTS)] = (
        "records"
    )
    reason: Annotated[
        str | None, MaxLen(500),
        UI("Reason", "10 to 500 characters; it goes into the audit log.", widget="textarea"),
    ] = None  # fmt: skip

    @model_validator(mode="after")
    def _says_why(self) -> Self:
        if self.content == "full" and len(self.reason or "") < SHORTEST_REASON:
            raise at("reason", "Say in a few words why whole transcripts are needed.")
        return self


class ExportIn(Export):
    """The same with the filter of the calls."""

    filter: CallFilter = CallFilter()
