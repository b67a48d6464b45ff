"""The configuration: read from the environment once, checked, and frozen."""

import base64
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


class ConfigError(RuntimeError):
    """A setting is missing or wrong; the message says which."""


@dataclass(frozen=True, slots=True)
class Config:
    """How this installation runs. Every field is described in the README."""

    database_url: str
    owner_url: str
    maintenance_url: str
    secret_key: str
    production: bool = False
    demo: bool = True
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    session_idle_minutes: int = 480
    api_rate_per_minute: int = 6000
    smtp_url: str = ""
    mail_from: str = "ward@localhost"
    public_url: str = ""
    trusted_proxies: int = 0
    secrets_keys: tuple[str, ...] = ()
    secrets_file: str = ""
    drop_folder: str = ""
    recordings: str = ""


def _whole(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    given = environ.get(name, "").strip() or str(default)
    if not given.isascii() or not given.isdigit() or not low <= int(given) <= high:
        raise ConfigError(f"{name} must be a whole number from {low} to {high}, not {given!r}.")
    return int(given)


def _switch(environ: Mapping[str, str], name: str, default: bool) -> bool:
    given = environ.get(name, "").strip() or ("1" if default else "0")
    if given not in ("0", "1"):
        raise ConfigError(f"{name} must be 0 or 1, not {given!r}.")
    return given == "1"


def _database(environ: Mapping[str, str], name: str, needed: bool) -> str:
    given = environ.get(name, "").strip()
    if not given and not needed:
        return ""
    if not given:
        raise ConfigError(f"{name} is not set.")
    scheme, _, rest = given.partition("://")
    if scheme not in ("postgresql", "postgres", "postgresql+psycopg") or not rest:
        raise ConfigError(f"{name} must begin with postgresql://.")
    return f"postgresql+psycopg://{rest}"


def _secret(environ: Mapping[str, str]) -> str:
    secret = environ.get("SECRET_KEY", "")
    if len(secret) < 32:
        raise ConfigError("SECRET_KEY must be set to at least 32 random characters.")
    return secret


def _secrets_keys(environ: Mapping[str, str]) -> tuple[str, ...]:
    found = tuple(key.strip() for key in environ.get("WARD_SECRETS_KEYS", "").split(",") if key)
    for key in found:
        try:
            good = len(base64.urlsafe_b64decode(key)) == 32
        except ValueError:
            good = False
        if not good:
            raise ConfigError(
                "WARD_SECRETS_KEYS must hold keys of 32 random bytes as URL-safe base64,"
                " separated by commas."
            )
    return found


def _url(environ: Mapping[str, str], name: str, schemes: tuple[str, ...]) -> str:
    given = environ.get(name, "").strip().rstrip("/")
    if given and (urlsplit(given).scheme not in schemes or not urlsplit(given).hostname):
        raise ConfigError(f"{name} must look like {schemes[0]}://host, not {given!r}.")
    return given


def load(environ: Mapping[str, str] | None = None) -> Config:
    """The configuration from environment variables. Raises ConfigError with a sentence."""
    env = os.environ if environ is None else environ
    whole: Callable[[str, int, int, int], int] = lambda *a: _whole(env, *a)  # noqa: E731
    config = Config(
        database_url=_database(env, "DATABASE_URL", needed=True),
        owner_url=_database(env, "WARD_OWNER_DATABASE_URL", needed=False),
        maintenance_url=_database(env, "WARD_MAINTENANCE_DATABASE_URL", needed=False),
        secret_key=_secret(env),
        production=_switch(env, "WARD_PRODUCTION", False),
        demo=_switch(env, "WARD_DEMO", not _switch(env, "WARD_PRODUCTION", False)),
        host=env.get("HOST", "").strip() or "127.0.0.1",
        port=whole("PORT", 8000, 1, 65535),
        workers=whole("WARD_WORKERS", os.cpu_count() or 2, 1, 64),
        session_idle_minutes=whole("WARD_SESSION_IDLE_MINUTES", 480, 1, 43200),
        api_rate_per_minute=whole("WARD_API_RATE_PER_MINUTE", 6000, 1, 10_000_000),
        smtp_url=_url(env, "WARD_SMTP_URL", ("smtp", "smtps", "smtp+starttls")),
        mail_from=env.get("WARD_MAIL_FROM", "").strip() or "ward@localhost",
        public_url=_url(env, "WARD_PUBLIC_URL", ("https", "http")),
        trusted_proxies=whole("WARD_TRUSTED_PROXIES", 0, 0, 10),
        secrets_keys=_secrets_keys(env),
        secrets_file=env.get("WARD_SECRETS_FILE", "").strip(),
        drop_folder=env.get("WARD_DROP_FOLDER", "").strip(),
        recordings=env.get("WARD_RECORDINGS", "").strip(),
    )
    if config.production and config.demo:
        raise ConfigError("WARD_DEMO=1 is refused in production: demo data has known passwords.")
    if config.production and not config.public_url.startswith("https:"):
        raise ConfigError("WARD_PUBLIC_URL must be set to the https:// address in production.")
    if config.production and not config.secrets_keys and not config.secrets_file:
        raise ConfigError("WARD_SECRETS_KEYS must be set in production: it seals stored secrets.")
    return config
