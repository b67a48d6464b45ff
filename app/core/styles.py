"""One stylesheet from the files of static/css/src, in their order."""

from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "static" / "css"


def bundle() -> str:
    """The content of static/css/app.css."""
    return "".join(path.read_text() for path in sorted((FOLDER / "src").glob("*.css")))


if __name__ == "__main__":
    (FOLDER / "app.css").write_text(bundle())
