"""Alembic's entry: one connection as the owner role."""

import sqlalchemy as sa
from alembic import context


def run() -> None:
    engine = sa.create_engine(context.config.attributes["url"], poolclass=sa.NullPool)
    with engine.connect() as connection:
        # The owner is under forced row security too: without this, a data step would silently
        # touch no row instead of failing.
        connection.execute(sa.text("set row_security = off"))
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
        # /readyz asks, as the app role, whether the database is at the newest revision.
        connection.execute(sa.text("grant select on alembic_version to ward_app"))
        # A backup is taken as the maintenance role and holds every table.
        connection.execute(
            sa.text("grant select on all tables in schema public to ward_maintenance")
        )
        connection.execute(
            sa.text("grant select on all sequences in schema public to ward_maintenance")
        )
        connection.commit()


run()
