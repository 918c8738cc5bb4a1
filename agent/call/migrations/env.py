"""Alembic's entry: runs the migrations on the connection that `agent.call.database` hands over.

To write a new one: change `agent/call/schema.py`, add `versions/NNNN_what.py` beside the others, and
raise `schema.REVISION`. Alembic executes this file; nothing imports it.
"""

from alembic import context

from agent.call.schema import metadata


def run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        transactional_ddl=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if "connection" in context.config.attributes:
    run()
