"""The bare handler: the recorded SQL of a page through psycopg, then the recorded bytes."""

import os
import pickle
import threading
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import psycopg

URL = os.environ["DATABASE_URL"].replace("+psycopg", "")
PAGES: dict[str, tuple[list[tuple[bool, bytes, Any]], list[tuple[str, str]], bytes]] = pickle.loads(
    Path(os.environ["BENCH_RECORDED"]).read_bytes()
)
own = threading.local()


def _connections() -> tuple[psycopg.Connection[Any], psycopg.Connection[Any]]:
    if not hasattr(own, "main"):
        own.main = psycopg.connect(URL, autocommit=True)
        own.apart = psycopg.connect(URL, autocommit=True)
    return own.main, own.apart


def _fresh(values: Any) -> Any:
    """An audit event is a new one each time."""
    if isinstance(values, dict) and "canonical" in values:
        return {**values, "id": uuid.uuid4()}
    return values


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A WSGI application that knows nothing but its recorded pages."""
    query = environ.get("QUERY_STRING", "")
    statements, headers, body = PAGES[environ["PATH_INFO"] + ("?" + query if query else "")]
    main, apart = _connections()
    for at_hand, sql, values in statements:
        connection = apart if b"into throttle" in sql else main
        cursor = psycopg.ClientCursor(connection) if at_hand else connection.cursor()
        cursor.execute(sql, _fresh(values))
        if cursor.description:
            cursor.fetchall()
    main.commit()
    start_response("200 OK", headers)
    return [body]
