"""Ward: a self-hosted console for clinics' voice agents."""

import importlib
import logging
import sys
from datetime import timedelta
from pathlib import Path
from typing import TextIO

import flask.json.provider
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix
from whitenoise import WhiteNoise

from .config import Config, load
from .core import assets, database, failures, files, guard, pages, startup
from .core.cookies import Cookies
from .core.feature import Feature
from .core.server import Ward

ROOT = Path(__file__).resolve().parent.parent
FEATURES = (
    "health",
    "sign_in",
    "workspaces",
    "retention",
    "calls",
    "recordings",
    "reviews",
    "by_hand",
    "conversations",
    "figures",
    "exports",
    "live",
    "saved_views",
    "voice",
    "agents",
    "graphs",
    "services",
    "phone_numbers",
    "safety",
    "data_sources",
    "sync",
    "imports",
    "operators",
    "escalation",
    "world",
    "pipeline",
    "resolution",
    "enrichment",
    "find",
    "accounts",
    "api_keys",
    "audit",
    "docs",
    "demo",
    "isolation",
)


def create_app(config: Config | None = None) -> Flask:
    """The application. Raises ConfigError or StartupError: it must not start."""
    config = config or load()
    app = Ward("ward", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    _configure(app, config)
    _log_to(sys.stdout)
    database.db.init_app(app)
    app.teardown_appcontext(database.rollback)
    app.teardown_request(files.tidy)
    failures.install(app)
    guard.install(app)
    pages.install(app)
    _add_features(app)
    with app.app_context():
        database.install_statement_log()
        startup.check(app)
    _serve_static(app, config)
    return app


def _configure(app: Flask, config: Config) -> None:
    app.config.update(
        WARD=config,
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_size": 4, "max_overflow": 8, "pool_timeout": 10},
        SESSION_COOKIE_NAME="ward",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.public_url.startswith("https:")
        if config.public_url
        else False,
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=20_000,
    )
    app.session_interface = Cookies()
    app.json = flask.json.provider.DefaultJSONProvider(app)
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.jinja_env.auto_reload = False


def _log_to(stream: TextIO) -> None:
    for name in ("ward", "ward.access"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
    root = logging.getLogger("ward")
    if not root.handlers:
        handler = logging.StreamHandler(stream)
        handler.setFormatter(logging.Formatter("%(message)s"))
        root.addHandler(handler)


def _add_features(app: Flask) -> None:
    for name in FEATURES:
        folder = ROOT / "app" / name
        if (folder / "routes.py").exists():
            routes = importlib.import_module(f"app.{name}.routes")
            for feature in vars(routes).values():
                if isinstance(feature, Feature):
                    app.register_blueprint(feature)
        if (folder / "models.py").exists():
            importlib.import_module(f"app.{name}.models")
        if (folder / "jobs.py").exists():
            importlib.import_module(f"app.{name}.jobs")
        if (folder / "cli.py").exists():
            for command in importlib.import_module(f"app.{name}.cli").commands:
                app.cli.add_command(command)
    from . import cli

    for command in cli.commands:
        app.cli.add_command(command)


def _serve_static(app: Flask, config: Config) -> None:
    assets.compress(ROOT / "static")
    static = WhiteNoise(
        app.wsgi_app, root=str(ROOT / "static"), prefix="static/", max_age=assets.YEAR,
        allow_all_origins=False, add_headers_function=assets.headers,
    )  # fmt: skip
    app.wsgi_app = static  # type: ignore[method-assign]
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
