"""The settings tree from its layers, and what a slip is told."""

from pathlib import Path

import pytest

from agent.settings import SettingsError, Tree, child_environment, load, prepare_process
from agent.settings.keys import KEYS


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch):
    """Nothing of the machine's own settings."""
    import os

    for name in list(os.environ):
        if name.startswith(("RINGDOWN_", "TWILIO_", "HF_TOKEN")):
            monkeypatch.delenv(name)


def written(folder: Path, text: str, name: str = "shop.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def refused(*files: Path, assignments: tuple[str, ...] = ()) -> str:
    with pytest.raises(SettingsError) as caught:
        load(files, assignments)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_later_layers_win_and_the_others_shine_through(tmp_path, monkeypatch):
    first = written(tmp_path, "[server]\nport = 1\nmax_calls = 2\nhost = 'a'\n[asr]\nthreads = 3\n", "1.toml")
    second = written(tmp_path, "[server]\nport = 4\nmax_calls = 5\n", "2.toml")
    monkeypatch.setenv("RINGDOWN_SERVER__PORT", "6")
    tree = load([first, second], ["server.port=7"])
    assert (tree.server.port, tree.server.max_calls, tree.server.host, tree.asr.threads) == (7, 5, "a", 3)
    assert load([first, second]).server.port == 6
    assert tree.server.hold_ms == Tree().server.hold_ms
    assert type(tree) is Tree


def test_the_last_of_two_assignments_wins():
    assert load((), ["server.port=1", "server.port=2"]).server.port == 2


@pytest.mark.parametrize(
    ("assignment", "key", "value"),
    [
        ("server.port=9000", "server.port", 9000),
        ("call.record=false", "call.record", False),
        ("vad.confidence=0.25", "vad.confidence", 0.25),
        ("twilio.account_sid=007", "twilio.account_sid", "007"),
        ("twilio.account_sid=true", "twilio.account_sid", "true"),
        ('asr.language="de"', "asr.language", "de"),
        ("asr.language=de", "asr.language", "de"),
        ("records.url=sqlite:///a=b.db", "records.url", "sqlite:///a=b.db"),
        ("llm.adapter=", "llm.adapter", None),
        ("models.dir=/x", "models.dir", Path("/x")),
        ('models.sources=["hub"]', "models.sources", ("hub",)),
    ],
)
def test_an_assignment_is_read_as_its_key_wants_it(assignment, key, value):
    section, leaf = key.split(".")
    assert getattr(getattr(load((), [assignment]), section), leaf) == value


def test_an_unknown_key_names_the_key_its_file_and_the_nearest_right_key(tmp_path):
    file = written(tmp_path, "[server]\nprot = 9000\n")
    said = refused(file)
    assert "server.prot" in said and str(file) in said and "server.port" in said


def test_an_unknown_section_is_told_too(tmp_path):
    said = refused(written(tmp_path, "[servre]\nport = 9000\n"))
    assert "servre" in said and "did you mean server." in said


def test_a_wrong_value_names_the_key_the_source_and_what_is_expected(tmp_path, monkeypatch):
    good = written(tmp_path, "[server]\nport = 1\n", "good.toml")
    bad = written(tmp_path, "[server]\nport = 70000\n", "bad.toml")
    said = refused(good, bad)
    assert "server.port" in said and "bad.toml" in said and "70000" in said and "65535" in said
    monkeypatch.setenv("RINGDOWN_LOG__LEVEL", "LOUD")
    said = refused()
    assert (
        "log.level" in said and "environment" in said and "RINGDOWN_LOG__LEVEL" in said and "'INFO'" in said
    )
    assert "--set" in refused(assignments=("server.port=x",))


def test_several_slips_are_counted():
    said = refused(assignments=("server.port=x", "asr.threads=0", "log.level=LOUD"))
    assert "2 more" in said


def test_a_slip_of_toml_names_the_file_and_the_line(tmp_path):
    file = written(tmp_path, '[server]\nhost = "a"\nport = = 3\n')
    said = refused(file)
    assert f"{file}, line 3" in said
    assert "line 2" in refused(written(tmp_path, "[server]\nhost = '''a", "end.toml"))


def test_a_section_that_is_no_table_is_told(tmp_path):
    assert "[server]" in refused(written(tmp_path, "server = 4\n"))


@pytest.mark.parametrize("make", ["nothing", "folder", "latin"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, make):
    file = tmp_path / "it.toml"
    if make == "folder":
        file.mkdir()
    if make == "latin":
        file.write_bytes(b"[server]\nhost = '\xe9'\n")
    assert str(file) in refused(file)


def test_an_unknown_variable_of_ours_is_an_error_with_the_nearest_one(monkeypatch):
    monkeypatch.setenv("RINGDOWN_SERVER__PROT", "1")
    said = refused()
    assert "RINGDOWN_SERVER__PROT" in said and "RINGDOWN_SERVER__PORT?" in said


def test_an_assignment_without_a_value_or_with_an_unknown_key_is_told():
    assert "server.port=VALUE" in refused(assignments=("server.port",))
    assert "server.port?" in refused(assignments=("server.prt=1",))


def test_an_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("RINGDOWN_SERVER__PORT", "")
    assert load().server.port == Tree().server.port


def test_names_that_other_programs_know_are_used_where_nothing_of_ours_is_set(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "one")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC0")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "two")
    tree = load()
    assert tree.models.hf_token and tree.models.hf_token.get_secret_value() == "one"
    assert tree.twilio.account_sid == "AC0"
    assert tree.twilio.auth_token and tree.twilio.auth_token.get_secret_value() == "two"
    ours = load([written(tmp_path, "[twilio]\nauth_token = 'three'\n")])
    assert ours.twilio.auth_token and ours.twilio.auth_token.get_secret_value() == "three"


def test_a_secret_comes_from_a_file_and_without_its_last_newline(tmp_path, monkeypatch):
    file = written(tmp_path, "s3cret\n", "secret")
    monkeypatch.setenv("RINGDOWN_TWILIO__AUTH_TOKEN_FILE", str(file))
    monkeypatch.setenv("HF_TOKEN_FILE", str(file))
    tree = load()
    assert tree.twilio.auth_token and tree.twilio.auth_token.get_secret_value() == "s3cret"
    assert tree.models.hf_token and tree.models.hf_token.get_secret_value() == "s3cret"
    monkeypatch.setenv("RINGDOWN_TWILIO__AUTH_TOKEN", "again")
    assert "both set" in refused()


def test_a_secret_file_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("RINGDOWN_TWILIO__AUTH_TOKEN_FILE", str(tmp_path / "none"))
    assert "RINGDOWN_TWILIO__AUTH_TOKEN_FILE" in refused()


def test_secrets_print_as_three_stars_everywhere(tmp_path, monkeypatch):
    monkeypatch.setenv("RINGDOWN_LLM__API_KEY", "hush-hush")
    tree = load((), ["server.softphone_token=hush-hush"])
    for shown in (repr(tree), str(tree), str(tree.llm.api_key), tree.model_dump_json(), f"{tree.llm}"):
        assert "hush-hush" not in shown and "***" in shown
    assert "'***'" in repr(tree.llm.api_key)


def test_a_secret_of_a_wrong_kind_is_not_shown_in_the_error(tmp_path):
    said = refused(written(tmp_path, "[twilio]\nauth_token = 87654321\n"))
    assert "twilio.auth_token" in said and "87654321" not in said and "***" in said
    assert "87654321" not in refused(written(tmp_path, "[twilio]\nauth_tokn = 87654321\n"))


def test_every_setting_of_the_tree_can_be_named_and_every_section_has_some():
    assert {name.partition(".")[0] for name in KEYS.by_name} == set(Tree.model_fields)
    for name in KEYS.by_name:
        assert KEYS.nearest(name) == name


def test_a_child_gets_no_secrets_and_calm_threads(monkeypatch):
    monkeypatch.setenv("RINGDOWN_LLM__API_KEY", "hush")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "hush")
    monkeypatch.setenv("HF_TOKEN", "hush")
    monkeypatch.setenv("PLAIN", "yes")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    child = child_environment(EXTRA="1")
    assert "hush" not in child.values()
    assert (child["PLAIN"], child["EXTRA"], child["OMP_WAIT_POLICY"]) == ("yes", "1", "passive")


def test_a_process_is_made_calm_but_what_is_set_outside_wins(monkeypatch):
    import os

    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    prepare_process()
    assert os.environ["OMP_WAIT_POLICY"] == "active"
