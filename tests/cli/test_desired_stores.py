from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anchorkeep.cli import desired_stores, settings
from anchorkeep.errors import UsageError
from anchorkeep.judge.strategy import Strategy

ENVIRONMENT = '[environments.uat]\nendpoints = ["uat.example.test"]\n[environments.production]\nendpoints = ["example.test"]\n'
DIGEST = "AB:" * 31 + "CD"
WHOLE = f"""
[[stores]]
path = "etc/uat.p12"
for = "java17"
environments = ["uat", "production", "uat"]
strategy = "root-set"
with_default_roots = true
prune = true
accept = ["{DIGEST}"]
set = ["roots/corp.pem", "/srv/other.pem"]
password_file = "secret"
"""


def loaded(directory: Path, text: str) -> settings.Settings:
    """Return the settings of a text with two environments."""
    path = directory / "anchorkeep.toml"
    path.write_text(ENVIRONMENT + text)
    path.chmod(0o600)
    return settings.load(path)


def test_store_is_read(tmp_path: Path) -> None:
    """All that a store's table says is kept; relative paths are beside the settings file."""
    (store,) = loaded(tmp_path, WHOLE).stores
    assert (store.path, store.java, store.strategy) == (tmp_path / "etc" / "uat.p12", "java17", Strategy.ROOT_SET)
    assert (store.environments, store.has_default_roots, store.is_pruned) == (("uat", "production"), True, True)
    assert store.accepted == {bytes.fromhex("ab" * 31 + "cd")}
    assert store.named == (tmp_path / "roots" / "corp.pem", Path("/srv/other.pem"))
    assert (store.password_file, store.password_variable) == (tmp_path / "secret", None)


def test_store_has_defaults(tmp_path: Path) -> None:
    """A path and an environment are enough: the root alone is added, nothing is removed and nothing else is merged in."""
    (store,) = loaded(tmp_path, '[[stores]]\npath = "/srv/a.jks"\nenvironments = ["uat"]\npassword_env = "STORE"\n').stores
    assert (store.path, store.strategy, store.java) == (Path("/srv/a.jks"), Strategy.ROOT, None)
    assert (store.has_default_roots, store.is_pruned, store.accepted, store.named) == (False, False, frozenset(), ())
    assert (store.password_file, store.password_variable) == (None, "STORE")


def test_stores_keep_their_order(tmp_path: Path) -> None:
    """Stores come in the order of the file; a file without any has none."""
    text = "".join(f'[[stores]]\npath = "{name}"\nenvironments = ["uat"]\n' for name in ("b", "a"))
    assert [store.path.name for store in loaded(tmp_path, text).stores] == ["b", "a"]
    assert loaded(tmp_path, "").stores == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('path = "a"\nenviroments = ["uat"]', r"store 1: unknown key 'enviroments'\. Did you mean 'environments'\?"),
        ('environments = ["uat"]', "store 1 names no path"),
        ('path = ""\nenvironments = ["uat"]', "store 1 names no path"),
        ('path = 1\nenvironments = ["uat"]', "store 1: path is not text"),
        ('path = "a"', "store 1 names no environments"),
        ('path = "a"\nenvironments = []', "store 1 names no environments"),
        ('path = "a"\nenvironments = "uat"', "store 1, environments is not a list of texts"),
        ('path = "a"\nenvironments = ["uta"]', r"there is no environment 'uta'\. Did you mean 'uat'\?"),
        ('path = "a"\nenvironments = ["uat"]\nstrategy = "rot"', r"there is no strategy 'rot'\. Did you mean 'root'\?"),
        ('path = "a"\nenvironments = ["uat"]\nstrategy = 1', "store 1: strategy is not text"),
        ('path = "a"\nenvironments = ["uat"]\nprune = 1', "prune is not true or false"),
        ('path = "a"\nenvironments = ["uat"]\nwith_default_roots = "yes"', "with_default_roots is not true or false"),
        ('path = "a"\nenvironments = ["uat"]\naccept = ["ab"]', "store 1, accept: 'ab' is no SHA-256 fingerprint"),
        ('path = "a"\nenvironments = ["uat"]\naccept = [1]', "store 1, accept is not a list of texts"),
        ('path = "a"\nenvironments = ["uat"]\nset = "a.pem"', "store 1, set is not a list of texts"),
        ('path = "a"\nenvironments = ["uat"]\nset = ["b.pem"]', "store 1: set goes with strategy root-set"),
        ('path = "a"\nenvironments = ["uat"]\nfor = 17', "store 1: for is not text"),
        (
            'path = "a"\nenvironments = ["uat"]\npassword_file = "b"\npassword_env = "C"',
            "password_file and password_env exclude each other",
        ),
    ],
)
def test_table_that_says_something_else_is_refused(text: str, message: str, tmp_path: Path) -> None:
    """What a store's table must not say is an error that names the store and the key."""
    with pytest.raises(UsageError, match=message):
        loaded(tmp_path, f"[[stores]]\n{text}\n")


@pytest.mark.parametrize("text", ['stores = "a"\n', "stores = [1]\n", "[stores]\n"])
def test_stores_are_tables(text: str, tmp_path: Path) -> None:
    """Stores that are no list of tables are refused, and how to begin one is said."""
    path = tmp_path / "anchorkeep.toml"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(UsageError, match="stores is not a list of tables") as caught:
        settings.load(path)
    assert "[[stores]]" in caught.value.remedy


def test_file_is_one_store(tmp_path: Path) -> None:
    """Two stores of one path would undo each other's work, and are refused."""
    one = '[[stores]]\npath = "a.p12"\nenvironments = ["{}"]\n'
    with pytest.raises(UsageError, match=r"store 2: .*a\.p12 is another one's path already"):
        loaded(tmp_path, one.format("uat") + one.format("production"))


values = st.sampled_from([True, 1, "", "\x1b[31m", "uat", "root", "root-set", "ab" * 32, [], ["uat"], ["\x1b"], [1], {}])
tables = st.dictionaries(st.sampled_from((*desired_stores.KEYS, "\x1b")), values)


@given(values | st.lists(tables, max_size=3))
def test_any_value_is_stores_or_an_error(value: object) -> None:
    """Whatever stands under `stores`, it is stores or one of our errors, safe to print."""
    said = ""
    try:
        desired_stores.parse(value, Path("some.toml"), environments=("uat",))
    except UsageError as error:
        said = str(error)
    assert said.isprintable()
