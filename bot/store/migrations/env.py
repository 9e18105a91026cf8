"""What alembic runs around the scripts (https://alembic.sqlalchemy.org/en/latest/tutorial.html#the-migration-environment)."""

from alembic import context

# bot.store.schema hands in a connection whose transaction it has begun and will end.
context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
