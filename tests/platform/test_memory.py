"""A web worker holds no library in memory that only jobs, commands or rare pages need."""

import subprocess
import sys

from alembic.script import ScriptDirectory

from app.core import migrate
from app.run import ROOT

RARE = {"alembic", "datafog", "httpx", "mako", "numpy", "pygments", "rich", "soundfile"}
LOADED = """
import sys
from flask import Flask
import app
app._add_features(Flask("ward"))
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_features_load_no_library_that_few_requests_need() -> None:
    command = [sys.executable, "-c", LOADED]
    loaded = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    names = set(loaded.stdout.split())
    assert "flask" in names
    assert not names & RARE


def test_newest_revision_is_the_one_alembic_names() -> None:
    assert migrate.head() == ScriptDirectory(str(migrate.FOLDER)).get_current_head()
