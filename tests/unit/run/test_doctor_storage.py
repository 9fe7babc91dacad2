"""What `cordboard doctor` says about where files are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.object_store import BUCKET, ObjectStore, open_object_store
from tests.unit.infra.blobs.conftest import files_in

from cordboard.infra.blobs.settings import StorageSettings
from cordboard.run.doctor import examine
from cordboard.run.doctor_storage import storage_finding
from cordboard.run.settings import Settings


@pytest.fixture(scope="module")
def object_store() -> Iterator[ObjectStore]:
    """A server of objects."""
    with open_object_store() as server:
        yield server


def settings(folder: Path, storage: StorageSettings = StorageSettings()) -> Settings:  # noqa: B008  (it is frozen)
    """Those of an installation."""
    return Settings(data_dir=str(folder), storage=storage)


async def test_a_folder_is_left_to_be_made(tmp_path: Path) -> None:
    finding = await storage_finding(settings(tmp_path / "data"))

    assert (finding.state, finding.text) == (
        "good",
        f"{tmp_path / 'data' / 'media'} will be made when the first file comes",
    )
    assert files_in(tmp_path) == []


async def test_a_folder_that_works_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    finding = await storage_finding(settings(tmp_path))

    assert (finding.state, finding.text) == ("good", f"{tmp_path / 'media'} takes, gives and removes files")
    assert files_in(tmp_path) == []


async def test_a_folder_that_is_none_is_bad(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("")
    finding = await storage_finding(settings(tmp_path))

    assert finding.state == "bad"
    assert "the disk: " in finding.text
    assert "give the folder" in finding.fix


async def test_a_bucket_that_works_is_good(object_store: ObjectStore, tmp_path: Path) -> None:
    finding = await storage_finding(settings(tmp_path, object_store.settings()))

    assert (finding.state, finding.text) == ("good", f"s3://{BUCKET}/media takes, gives and removes files")


async def test_a_bucket_that_is_not_there_and_keys_that_are_wrong(object_store: ObjectStore, tmp_path: Path) -> None:
    absent = await storage_finding(settings(tmp_path, object_store.settings(url="s3://nowhere")))
    with object_store.checking_keys():
        refused = await storage_finding(settings(tmp_path, object_store.settings()))
    unknown = await storage_finding(settings(tmp_path, object_store.settings(options={"nonsense": "1"})))

    assert (absent.state, absent.text) == ("bad", "s3://nowhere: the file store has no such bucket")
    assert (refused.state, refused.text) == ("bad", f"s3://{BUCKET}/media: the file store refuses the platform's keys")
    assert "keys may put, get and delete" in refused.fix
    assert (unknown.state, "nonsense" in unknown.text) == ("bad", True)
    assert "very secret" not in repr((absent, refused, unknown))


async def test_the_examination_looks_at_it(tmp_path: Path) -> None:
    config = tmp_path / "cordboard.toml"
    config.write_text(f'data_dir = "{tmp_path / "data"}"\n')

    assert "storage" in [finding.subject for finding in await examine(config)]
