"""The tables of the record of calls: made by the migrations for both databases; older ones brought up."""

import sqlite3
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from agent.call import database, schema
from agent.call.records import RecordsError, Store
from agent.settings.tree import Records


@pytest.fixture
def settings(tmp_path: Path) -> Records:
    return Records(url=f"sqlite:///{tmp_path}/calls.db", recordings_dir=tmp_path / "recordings")


def file_of(settings: Records) -> str:
    return settings.url.removeprefix("sqlite:///")


def migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(database._MIGRATIONS))
    return config


def test_the_migrations_make_the_tables_of_the_schema(settings: Records) -> None:
    assert ScriptDirectory.from_config(migrations()).get_heads() == [schema.REVISION]
    database.Database.open(settings.url).dispose()
    engine = create_engine(settings.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_the_tables_are_written_for_postgresql_as_well() -> None:
    statements = [
        str(CreateTable(table).compile(dialect=postgresql.dialect()))
        for table in schema.metadata.sorted_tables
    ]
    assert len(statements) == 6
    assert "TIMESTAMP WITH TIME ZONE" in statements[0] and "SERIAL" not in " ".join(statements)


def test_a_database_of_a_newer_version_is_left_alone(settings: Records) -> None:
    database.Database.open(settings.url).dispose()
    with sqlite3.connect(file_of(settings)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(RecordsError, match="newer version"):
        Store.open(settings)


async def test_calls_of_before_the_claims_are_kept_and_have_none(settings: Records) -> None:
    config, engine = migrations(), create_engine(settings.url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with sqlite3.connect(file_of(settings)) as raw:
        raw.execute(
            "INSERT INTO calls (call_id, business, provider, caller, called, owner, started_at) "
            "VALUES ('c', 'shop', 'softphone', '', '', 'o', '2026-11-25 09:00:00')"
        )
        raw.execute("INSERT INTO turns VALUES ('c', 0, 'greeting', '[]', '', NULL, '{}', 'Hi.', 'Hi.', 0)")
        raw.execute(
            "INSERT INTO sentences VALUES ('c', 0, 0, 'Hi.', 'social', 'approved', 'all', NULL, 'greeting.0')"
        )
    store = Store.open(settings)
    document = await store.document("c")
    await store.close()
    assert document is not None
    (sentence,) = document["turns"][0]["sentences"]
    assert sentence["text"] == "Hi." and sentence["claims"] == [] and sentence["caught"] == []
