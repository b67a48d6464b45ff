"""Files that come in are closed with their request, also when the form breaks off."""

import tempfile
from typing import Any

import pytest

from app.world import routes
from tests.support import csrf_token

WHOLE = (
    '--x\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n{token}\r\n'
    '--x\r\nContent-Disposition: form-data; name="files"; filename="a.json"\r\n'
    "Content-Type: application/json\r\n\r\n{{}}\r\n--x--\r\n"
)


@pytest.mark.parametrize("cut", [0, 5], ids=["whole", "broken off"])
def test_what_came_in_is_closed(
    app: Any, as_admin: Any, workspace: Any, monkeypatch: Any, cut: int
) -> None:
    opened: list[Any] = []

    def keep() -> Any:
        opened.append(tempfile.TemporaryFile())  # noqa: SIM115
        return opened[-1]

    monkeypatch.setattr(routes, "TemporaryFile", keep)
    body = WHOLE.format(token=csrf_token(app)).encode()
    as_admin.post(
        f"/w/{workspace.slug}/world/import", data=body[: len(body) - cut],
        content_type="multipart/form-data; boundary=x",
    )  # fmt: skip
    assert opened and all(file.closed for file in opened)
