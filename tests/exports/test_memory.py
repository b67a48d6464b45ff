"""An export of any size is written in little memory."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.calls.test_api import a_call, ndjson, url

ROOT = Path(__file__).parents[2]
CALLS, MOST_KB = 6_000, 150 * 1024
SAID = [
    {"speaker_role": who, "text": f"{what} " * 4, "started_s": n}
    for n, (who, what) in enumerate([
        ("agent", "Thank you for calling the clinic, how may I help you today?"),
        ("caller", "I would like to see a doctor about my knee, it is worse in the morning."),
        ("agent", "Let me look at what is free this week, one moment please."),
        ("caller", "You can reach me at 415-555-0142."),
    ])
]  # fmt: skip
# A process of its own, with nothing in its memory but the product: the peak is that of the export.
EXPORT = """
import io, json, sys
from wsgi import app
path, key, content = sys.argv[1:]
body = json.dumps({"format": "csv", "content": content}).encode()
environ = {
    "REQUEST_METHOD": "POST", "PATH_INFO": path, "SERVER_NAME": "ward", "SERVER_PORT": "80",
    "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
    "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json",
    "HTTP_AUTHORIZATION": key, "wsgi.errors": sys.stderr,
}
answers = []
size = largest = 0
for part in app(environ, lambda status, headers, _=None: answers.append((status, dict(headers)))):
    size, largest = size + len(part), max(largest, len(part))
status, headers = answers[0]
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1]
print(json.dumps({"status": status, "rows": headers.get("X-Export-Rows"), "peak": int(peak),
                  "size": size, "largest": largest}))
"""


def run(config: Any, path: str, key: str, content: str) -> dict[str, Any]:
    environ = {
        **os.environ, "DATABASE_URL": config.database_url, "SECRET_KEY": config.secret_key,
        "WARD_OWNER_DATABASE_URL": config.owner_url, "PYTHONPATH": str(ROOT),
        "WARD_MAINTENANCE_DATABASE_URL": config.maintenance_url,
        "WARD_SECRETS_KEYS": ",".join(config.secrets_keys),
    }  # fmt: skip
    command = [sys.executable, "-c", EXPORT, path, key, content]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_thousands_of_calls_with_transcripts_stay_below_150_mb(
    api: Any, keys: Any, workspace: Any, config: Any
) -> None:
    for first in range(0, CALLS, 2000):
        calls = [a_call(f"B{first + n}", turns=SAID) for n in range(2000)]
        api.post(url(workspace, "/import"), headers=keys.member, data=ndjson(*calls))
    done = run(config, url(workspace, "/export"), keys.member["Authorization"], "redacted")
    assert (done["status"], done["rows"]) == ("200 OK", str(CALLS))
    assert done["size"] > 5 * 1024 * 1024 and done["largest"] < 1024 * 1024
    assert done["peak"] < MOST_KB, done
