"""Seeds are good, findings stay mended, and a target notices what it is there to notice."""

from pathlib import Path

import pytest

from anchorkeep import formats, tlv
from anchorkeep.errors import InputError
from anchorkeep.formats import evidence, java_object, jks
from anchorkeep.formats.javaio import DataInput
from anchorkeep.model.truststore import KeyForm, ProtectedKey
from tests.data import stores
from tests.data.stores import PASSWORD
from tests.fuzz import seeds
from tests.fuzz.targets import TARGETS, bounded

FINDINGS = sorted(path for path in (Path(__file__).parent / "findings").glob("*/*") if path.is_file())


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_held(name: str) -> None:
    """Every target takes its seeds; those of formats are files of their format."""
    with bounded():
        for data in TARGETS[name].seeds:
            TARGETS[name].hold(data)
    for data in seeds.SAMPLES.get(name, ()):
        assert formats.loads(data, password=PASSWORD).format == name


def test_seeds_that_are_no_stores_are_good() -> None:
    """Seeds of the other targets are read as what they are meant to be, not refused."""
    [record] = TARGETS["evidence"].seeds
    assert evidence.loads(record)
    [stream] = TARGETS["java_object"].seeds
    assert java_object.read(DataInput(stream, end=len(stream), place="")).fields
    for data in TARGETS["tlv"].seeds:
        assert tlv.read(data).children()
    for data in TARGETS["pkcs12-bags"].seeds:
        assert formats.loads(stores.pfx(stores.plain_part(data)), password=PASSWORD).entries
    plain, *locked = TARGETS["key"].seeds
    assert [formats.unlock(ProtectedKey(form=KeyForm.ENCRYPTED, data=data), password=PASSWORD) for data in locked] == [plain] * 3


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_findings_stay_mended(finding: Path) -> None:
    """What fuzzing found once is held since."""
    with bounded():
        TARGETS[finding.parent.name].hold(finding.read_bytes())


@pytest.mark.parametrize("name", ["jks", "pkcs12", "pem"])
def test_an_error_that_is_none_of_ours_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A target fails where a reader raises what no caller expects."""

    def fail(*_: object, **__: object) -> None:
        raise IndexError

    monkeypatch.setattr(formats, "loads", fail)
    with pytest.raises(IndexError):
        TARGETS[name].hold(TARGETS[name].seeds[0])


def test_a_writer_that_loses_an_entry_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target fails where what was written is not what was read."""
    real = jks.dump
    monkeypatch.setattr(jks, "dump", lambda store, recipe: real(type(store)(format="jks", entries=()), recipe))
    with pytest.raises(AssertionError):
        TARGETS["jks"].hold(TARGETS["jks"].seeds[0])


def test_a_store_is_mended_before_it_is_tried() -> None:
    """An entry that was mutated is believed, for the target makes the integrity check good; as it is, it is refused."""
    data = bytearray(TARGETS["jks"].seeds[0])
    data[-40] ^= 1
    with pytest.raises(InputError):
        formats.loads(bytes(data), password=PASSWORD)
    read: list[str] = []
    real = formats.loads
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(formats, "loads", lambda *given, **more: read.append(real(*given, **more).format) or real(*given, **more))
        TARGETS["jks"].hold(bytes(data))
    assert read
