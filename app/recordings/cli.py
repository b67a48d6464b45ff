"""`flask recordings sweep`."""

import click
from flask.cli import AppGroup

from app.core.errors import Unavailable

from .sweep import sweep

recordings = AppGroup("recordings", help="The folder of recordings.")


@recordings.command("sweep")
def sweep_command() -> None:
    """Remove files that no recording knows and uploads never finished, once an hour old.

    Tells of recordings whose file is gone, and ends with exit code 1 when there are any.
    """
    try:
        done = sweep()
    except Unavailable as error:
        raise click.ClickException(error.sentence) from None
    click.echo(f"{done.unknown} files without a recording and {done.unfinished} unfinished"
               " uploads removed.")  # fmt: skip
    for name in done.foreign:
        click.echo(f"Left alone: {name} belongs to no workspace of this database.")
    for place, call in done.missing:
        click.echo(f"Missing: the file of the recording of call {call} in workspace {place}.")
    if done.missing:
        raise click.ClickException(f"{len(done.missing)} files are missing.")


commands = [recordings]
