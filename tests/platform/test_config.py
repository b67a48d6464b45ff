"""A missing or wrong setting stops the boot with a sentence that says which."""

import pytest

from app.config import ConfigError, load

GOOD = {
    "DATABASE_URL": "postgresql://ward_app@db.example/ward",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "WARD_DEMO": "0",
}
KEYS = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
PRODUCTION = {"WARD_PRODUCTION": "1", "WARD_PUBLIC_URL": "https://ward.example",
              "WARD_SECRETS_KEYS": KEYS}  # fmt: skip


def test_a_plain_configuration_has_its_defaults() -> None:
    config = load(GOOD)
    assert config.database_url == "postgresql+psycopg://ward_app@db.example/ward"
    assert (config.port, config.session_idle_minutes, config.production) == (8000, 480, False)


def test_production_never_has_demo_data() -> None:
    without = {name: value for name, value in GOOD.items() if name != "WARD_DEMO"}
    assert load(without | PRODUCTION).demo is False
    with pytest.raises(ConfigError, match="WARD_DEMO=1 is refused in production"):
        load(GOOD | PRODUCTION | {"WARD_DEMO": "1"})


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"PORT": "eighty"}, "PORT must be a whole number from 1 to 65535, not 'eighty'."),
        ({"PORT": "70000"}, "PORT must be a whole number"),
        ({"DATABASE_URL": "mysql://db/ward"}, "DATABASE_URL must begin with postgresql://"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"WARD_OWNER_DATABASE_URL": "nonsense"}, "WARD_OWNER_DATABASE_URL must begin"),
        ({"SECRET_KEY": ""}, "SECRET_KEY must be set"),
        ({"SECRET_KEY": "short"}, "at least 32 random characters"),
        ({"WARD_DEMO": "yes"}, "WARD_DEMO must be 0 or 1, not 'yes'."),
        ({"WARD_WORKERS": "0"}, "WARD_WORKERS must be a whole number from 1"),
        ({"WARD_SMTP_URL": "mail.example"}, "WARD_SMTP_URL must look like smtp://host"),
        ({"WARD_PUBLIC_URL": "ward.example"}, "WARD_PUBLIC_URL must look like https://host"),
        (PRODUCTION | {"WARD_SECRETS_KEYS": ""}, "WARD_SECRETS_KEYS must be set"),
        ({"WARD_SECRETS_KEYS": "short"}, "WARD_SECRETS_KEYS must hold keys of 32"),
        ({"WARD_PRODUCTION": "1"}, "WARD_PUBLIC_URL must be set to the https:// address"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(GOOD | settings)
    assert sentence in str(refused.value)
    assert GOOD["SECRET_KEY"] not in str(refused.value)
