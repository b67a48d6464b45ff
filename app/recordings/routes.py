"""Recordings over HTTP: uploaded by programs and people, played by who may."""

from flask import Response, flash, request

from app.audit import looks
from app.calls import queries as calls
from app.calls.stored import Call
from app.core import audit, database, files
from app.core.cookies import csrf_field
from app.core.errors import Gone, Invalid, LengthRequired, NotFound, WardError
from app.core.feature import Feature
from app.core.identity import actor
from app.core.pages import is_fragment, redirect_to, render

from . import actions, folder, queries
from .queries import Recording
from .schema import CONTENT_TYPES, RecordingOut

feature = Feature("recordings", __name__)
SAME_PLAY, STILL_PLAYING = 5, 300
"""Seconds; see `_note_play`."""
NONE = "This call has no recording."
GONE = "The file of this recording is missing. Whoever runs Ward can look for it in the backup."
CHOOSE = "Choose a recording: a WAV, MP3 or Ogg/Opus file."
AUDIO = tuple(dict.fromkeys(CONTENT_TYPES.values()))


def _stored(ident: str) -> tuple[Call, Recording]:
    """A call and its recording. Raises NotFound."""
    place = actor().here.id
    call = Call._make(calls.find(place, ident))
    found = queries.of_call(place, call.id)
    if found is None:
        raise NotFound(NONE)
    return call, found


def _note_play(call: Call) -> None:
    """Once a play: a player asks for many pieces of one recording.

    A request for the first byte begins a play, unless one began a moment ago (some players ask
    for two bytes first). Any other goes on with a play, and begins one when this person or key
    has begun none within five minutes. So no sound is sent without an event near it.
    """
    within = SAME_PLAY if files.begins() == 0 else STILL_PLAYING
    if not looks.lately(actor(), "call", call.id, "recording.play", within):
        audit.record("recording.play", "call", call.id, resource_name=call.call_sid, phi=True)


def _send(ident: str) -> Response:
    call, recording = _stored(ident)
    try:
        file = folder.read(actor().here.id, recording.key)
    except FileNotFoundError:
        raise Gone(GONE) from None
    name = f"call-{call.number}.{recording.format}"
    download = request.args.get("download") == "1"
    sent = files.send(
        file, recording.bytes, recording.content_type, recording.sha256, name, download
    )
    if request.method == "GET" and sent.status_code in (200, 206):
        _note_play(call)
    return sent


@feature.page("/calls/<ident>/recording", permission="Recording.view")
def play(ident: str) -> Response:
    """The sound of a call, for the player of its page."""
    return _send(ident)


@feature.api("GET", "/recordings/<ident>", permission="Recording.view", gives=AUDIO,
             summary="The recording of a call, by its call_sid or id",
             description="Answers range requests. `?download=1` names it as a file to save. A"
             " range without an end is answered with its first megabyte. Every play is noted in"
             " the audit log.",
             also={206: "The part that was asked for.", 410: "Its file is missing.",
                   416: "The recording is shorter than that."})  # fmt: skip
def get_recording(ident: str) -> Response:
    """The sound of a call, for programs."""
    return _send(ident)


@feature.api("GET", "/recordings/<ident>/metadata", permission="Recording.view",
             response=RecordingOut, summary="What is known of the recording of a call")  # fmt: skip
def get_metadata(ident: str) -> RecordingOut:
    """Format, length, size and hash."""
    call, recording = _stored(ident)
    audit.record("recording.read", "call", call.id, resource_name=call.call_sid, phi=True)
    return recording.out(call.call_sid)


@feature.api("PUT", "/recordings/<ident>", permission="Recording.create", response=RecordingOut,
             status=201, upload=actions.UPLOAD, summary="Store the recording of a call",
             description="The body is the file: WAV (PCM or mu-law), MP3 or Ogg/Opus, up to"
             " 200 MB, known by its content and not by its header. It works while the call runs"
             " and after it. The same file again is harmless; a recording is never replaced.",
             also={200: "This recording is stored already.", **actions.REFUSALS})  # fmt: skip
def put_recording(ident: str) -> tuple[RecordingOut, int]:
    """Store a recording."""
    me = actor()
    call = Call._make(calls.find(me.here.id, ident))
    if request.content_length is None:
        raise LengthRequired
    # A slow line must not hold a connection of the database.
    database.commit()
    incoming = folder.receive(me.here.id, request.stream, request.content_length)
    sound = actions.examine(incoming)
    recording, new = actions.store(me, call.id, call.call_sid, incoming, sound)
    return recording.out(call.call_sid), 201 if new else 200


def _form(call: Call, problem: str = "", status: int = 200) -> Response:
    template = "recordings/upload.html" if is_fragment() else "recordings/new.html"
    # A fragment is swapped in with 422 and with no other refusal.
    status = 422 if problem and is_fragment() else status
    return render(
        template, status, call=call, problem=problem, most=actions.MOST_BYTES, token=csrf_field()
    )


@feature.page("/calls/<ident>/recording/new", permission="Recording.create")
def new(ident: str) -> Response:
    """The form to upload a recording."""
    return _form(Call._make(calls.find(actor().here.id, ident)))


@feature.page("/calls/<ident>/recording/new", permission="Recording.create", methods=["POST"],
              upload=actions.UPLOAD)  # fmt: skip
def create(ident: str) -> Response:
    """Store the recording that was chosen."""
    me = actor()
    call = Call._make(calls.find(me.here.id, ident))
    sent = request.files.get("recording")
    if sent is None or not sent.filename:
        return _form(call, CHOOSE, 422)
    try:
        incoming, sound = actions.examined(me, sent.stream)
        actions.store(me, call.id, call.call_sid, incoming, sound)
    except NotFound:
        raise
    except WardError as error:
        sentence = error.messages.get("recording") if isinstance(error, Invalid) else None
        return _form(call, sentence or error.sentence, error.status)
    flash("The recording is stored.", "ok")
    return redirect_to("calls.show", ident=call.id)
