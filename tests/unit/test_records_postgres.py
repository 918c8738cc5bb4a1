"""The record of calls in PostgreSQL: the same demands as in SQLite, against the real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from agent.call.records import Store
from agent.settings.tree import Records
from tests.postgres_server import postgres
from tests.unit.test_records import (  # noqa: F401
    TURN,
    store,
    test_a_call_of_a_store_that_was_closed_is_marked_as_cut_off,
    test_a_card_number_said_over_two_turns_is_masked_in_both,
    test_a_document_has_exactly_the_fields_of_the_protocol,
    test_a_list_shows_the_newest_calls_of_a_business_first,
    test_a_turn_saved_again_takes_the_place_of_what_was_saved_before,
    test_deleting_a_path_for_an_id_touches_no_file,
    test_many_calls_write_at_once_without_waiting_on_the_loop,
    test_retention_deletes_what_is_older_and_zero_keeps_all,
)
from tests.unit.test_records_schema import migrations


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as address:
        yield address


@pytest.fixture
def settings(server: str, tmp_path: Path) -> Records:
    """An empty database: each test makes its tables anew."""
    import pg8000.native

    port = int(server.rpartition(":")[2].partition("/")[0])
    connection = pg8000.native.Connection("ringdown", host="127.0.0.1", port=port, database="postgres")
    connection.run("DROP SCHEMA public CASCADE")
    connection.run("CREATE SCHEMA public")
    connection.close()
    return Records(url=server, recordings_dir=tmp_path / "recordings")


async def test_a_call_of_before_the_claims_is_kept_and_a_new_sentence_has_its_own(
    settings: Records, server: str
) -> None:
    config = migrations()
    engine = create_engine(server.replace("postgresql://", "postgresql+pg8000://"))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            connection.execute(
                text(
                    "INSERT INTO calls (call_id, business, provider, caller, called, owner, started_at) "
                    "VALUES ('old', 'shop', 'softphone', '', '', 'o', '2026-11-25 09:00:00+00')"
                )
            )
            for row in (
                "turns VALUES ('old', 0, 'greeting', '[]', '', NULL, '{}', 'Hi.', 'Hi.', false)",
                "sentences VALUES ('old', 0, 0, 'Hi.', 'social', 'approved', 'all', NULL, 'greeting.0')",
            ):
                connection.execute(text(f"INSERT INTO {row}"))
        store = Store.open(settings)
        await store.begin_call("new", provider="softphone", caller="", called="", business="shop")
        await store.save_turn("new", TURN)
        old, new = await store.document("old"), await store.document("new")
        await store.close()
        assert old is not None and new is not None
        (kept,), (said, _) = old["turns"][0]["sentences"], new["turns"][0]["sentences"]
        assert kept["text"] == "Hi." and kept["claims"] == [] and kept["caught"] == []
        assert [claim["text"] for claim in said["claims"]] == ["March 14"] and said["caught"] == ["date"]
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.downgrade(config, "0001")
            assert connection.execute(text("SELECT count(*) FROM sentences")).scalar_one() == 3
    finally:
        engine.dispose()
