"""Pruning of botocore's service descriptions in the image's build, and what must stay."""

import gzip
import importlib.util
import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import botocore
import pytest
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import get_session

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def prune() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prune", ROOT / "docker" / "prune.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """botocore's own descriptions of two services, to be pruned."""
    source, copy = Path(botocore.__file__).parent / "data", tmp_path / "data"
    for service in ("sqs", "s3"):
        shutil.copytree(source / service, copy / service)
    for file in source.glob("*.json"):
        shutil.copy(file, copy)
    return copy


def texts(described: Any) -> list[str]:
    if isinstance(described, dict):
        own = [value for name, value in described.items() if name == "documentation" and isinstance(value, str)]
        return own + [text for value in described.values() for text in texts(value)]
    return [text for each in described for text in texts(each)] if isinstance(described, list) else []


def test_prose_goes_and_everything_that_is_read_by_name_stays(prune: ModuleType, data: Path) -> None:
    saved = prune.shorten(data)
    described = [json.loads(gzip.decompress(file.read_bytes())) for file in sorted(data.rglob("*.json.gz"))]
    found = [text for each in described for text in texts(each)]
    assert set(found) == {""}
    assert saved > 2_000_000


def test_a_member_that_is_called_so_is_no_prose(prune: ModuleType) -> None:
    shape = {"documentation": "<p>for people</p>", "members": {"documentation": {"shape": "Text"}}}
    assert prune.without_prose(shape) == {"documentation": "", "members": {"documentation": {"shape": "Text"}}}


def test_hosts_of_kept_services_stay_in_every_partition(prune: ModuleType, data: Path) -> None:
    before = json.loads((data / "endpoints.json").read_bytes())
    prune.shorten(data)
    after = json.loads((data / "endpoints.json").read_bytes())
    assert [each["partition"] for each in after["partitions"]] == [each["partition"] for each in before["partitions"]]
    for old, new in zip(before["partitions"], after["partitions"], strict=True):
        kept = prune.kept_services() & old["services"].keys()
        assert new["services"] == {name: old["services"][name] for name in kept}
        assert {key: value for key, value in new.items() if key != "services"} == {
            key: value for key, value in old.items() if key != "services"
        }


def test_clients_of_pruned_descriptions_do_what_they_did(prune: ModuleType, data: Path) -> None:
    before = a_link_and_the_calls(data)
    prune.shorten(data)
    assert a_link_and_the_calls(data) == before


def a_link_and_the_calls(data: Path) -> tuple[str, list[str]]:
    """Returns a document link's address, without its signature, and the available calls."""
    session = get_session()
    session.set_credentials("test", "test")
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    session.register_component("data_loader", loader)
    s3: Any = session.create_client("s3", region_name="af-south-1", config=Config(signature_version="s3v4"))
    url = s3.generate_presigned_url("get_object", {"Bucket": "documents", "Key": "a b", "VersionId": "1"})
    sqs = session.create_client("sqs", region_name="af-south-1")
    return url.partition("?")[0], sorted({*s3.meta.method_to_api_mapping, *sqs.meta.method_to_api_mapping})


def test_nothing_to_prune_is_a_fault_and_no_larger_image(prune: ModuleType, tmp_path: Path) -> None:
    commands = tmp_path / "bin"
    commands.mkdir()
    for service in prune.kept_services():
        (tmp_path / "botocore" / "data" / service).mkdir(parents=True)
    missing = "no commands, conventions, descriptions, examples, google, lexers, locales, sources, tests to prune"
    with pytest.raises(SystemExit, match=missing):
        prune.unused(tmp_path, commands)
