"""What is made of a schema: stored values, forms and messages."""

from typing import Annotated, Any

import pytest
from annotated_types import Len
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.core.form_fields import BROKEN
from app.core.schema import UI, Email, Password, Schema, form_for, plain
from app.core.settings import HIDDEN, Settings
from app.voice.routes import VOICE
from app.voice.schema import SpeakingVoice

TEXT = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=64
).filter(lambda text: bool(text.strip()))
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "voice_id": TEXT,
        "tone": TEXT,
        "speed": st.floats(0.5, 2) | st.none(),
        "volume": st.floats(0, 1) | st.none(),
        "keyterms": st.lists(TEXT, max_size=20),
        "post_call_analysis_enabled": st.booleans(),
        "tts_provider": st.sampled_from(["cartesia", "elevenlabs", "groq", None]),
        "tts_config": st.dictionaries(TEXT, st.integers(-9, 9) | TEXT, max_size=5),
    },
)


class Login(Schema):
    email: Annotated[Email, UI("E-mail", widget="email")]
    password: Annotated[Password, Len(1, 100), UI("Password", widget="password")]


class Secretive(Schema):
    name: str = ""
    token: Annotated[str | None, UI("Token", secret=True)] = None


@pytest.fixture(scope="module")
def bare() -> Flask:
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)
    return app


@given(VALUES)
def test_stored_values_come_back_the_same(values):
    made = SpeakingVoice.model_validate(values)
    assert VOICE.parse(VOICE.stored(made)) == made


@given(VALUES)
def test_a_form_filled_from_a_value_reads_that_value(values):
    app = Flask(__name__)
    app.config.update(SECRET_KEY="x", WTF_CSRF_ENABLED=False)
    made = SpeakingVoice.model_validate(values)
    with app.test_request_context(method="POST"):
        shown = form_for(SpeakingVoice)(formdata=None, data=made)
        again: dict[str, Any] = {}
        for field in shown.fields:
            if field.spec.kind == "chips":
                again[field.name] = ["", *field.items]
            elif field.spec.kind == "switch":
                again[field.name] = "true" if field.data else ""
            elif field.spec.kind != "rows":
                again[field.name] = field.rendered_value
    with app.test_request_context(method="POST", data=again):
        form = form_for(SpeakingVoice)()
        entered = form.read()
        problems = form.problems
    if any(BROKEN.search(str(value)) for value in again.values()):
        assert entered is None
        return
    assert entered is not None, problems
    for name, value in made.model_dump().items():
        read = getattr(entered, name)
        if isinstance(value, str):
            assert read.split() == value.split()
        elif name in ("speed", "volume"):
            assert read == value


def test_password_keeps_its_spaces_and_never_shows(bare):
    data = {"email": " ANA@Clinic.example ", "password": " s p "}
    with bare.test_request_context(method="POST", data=data):
        form = form_for(Login)()
        entered = form.read()
        assert entered is not None and entered.password == " s p "
        assert entered.email == "ana@clinic.example"
        assert form.password.rendered_value == ""


def test_blank_fields_say_fill_this_in(bare):
    with bare.test_request_context(method="POST", data={"email": " ", "password": ""}):
        form = form_for(Login)()
        assert form.read() is None and form.status == 422
        assert form.problems == {"email": ["Fill this in."], "password": ["Fill this in."]}
        assert form.first_bad == "email"


def test_passwords_are_not_echoed():
    with pytest.raises(ValidationError) as caught:
        Login.model_validate({"email": "x", "password": "p" * 200})
    found = {problem["loc"][0]: problem for problem in plain(caught.value.errors())}
    assert "input" not in found["password"] and found["email"]["input"] == "x"
    assert "ppp" not in str(caught.value)


def test_secrets_are_hidden_in_diffs():
    settings = Settings("s", Secretive, view="", update="", title="S")
    assert settings.redacted({"name": "a", "token": "t"}) == {"name": "a", "token": HIDDEN}


def test_a_blank_secret_keeps_its_value(bare):
    with bare.test_request_context(method="POST", data={"name": "a", "token": ""}):
        form = form_for(Secretive)()
        assert form.read() is not None and form.touched == {"name"}


def test_what_a_newer_schema_does_not_know_is_left_out():
    assert VOICE.parse({"gone": 1, "speed": 99, "tone": "calm"}) == SpeakingVoice(tone="calm")
