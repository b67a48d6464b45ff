"""Static files are compressed once, again when they change, and sent safely."""

import gzip
from pathlib import Path

from app.core import assets


def test_a_changed_file_is_compressed_anew(tmp_path: Path) -> None:
    style = tmp_path / "app.css"
    for content in (b"a{}", b"b{}" * 9):
        style.write_bytes(content)
        assets.compress(tmp_path)
        assert gzip.decompress((tmp_path / "app.css.gz").read_bytes()) == content


def test_a_browser_gets_the_compressed_file_for_a_year(anonymous) -> None:
    answer = anonymous.get(
        "/static/css/app.css?v=1", headers={"Accept-Encoding": "gzip"}, buffered=True
    )
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert b"@layer" in gzip.decompress(answer.data)
