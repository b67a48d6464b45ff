"""The WSGI entry: `granian --interface wsgi wsgi:app`."""

import sys

from app import create_app
from app.config import ConfigError
from app.core import memory
from app.core.startup import StartupError

try:
    app = create_app()
except (ConfigError, StartupError) as error:
    sys.exit(f"Ward: {error}")
memory.settle()
