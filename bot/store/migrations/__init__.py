"""How the tables became what they are: alembic's scripts, one for each change since the first release; bot.store.schema runs them."""
