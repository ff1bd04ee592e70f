"""What is said of an installation that is damaged, too old, or lacks a package.

The ways to install that pip can be asked for here are in ``tests/install``; these are the others.
"""

from __future__ import annotations

import json
import shlex
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from swara.data import installation
from swara.data.installation import install_command, newer_advice, reinstall_advice, repair_advice

REVISION = "0123456789abcdef0123456789abcdef01234567"


class Wheel:
    """An installed wheel, as `importlib.metadata` shows it.

    Parameters
    ----------
    direct_url : dict or str, optional
        What pip wrote of where it came from.
    """

    version = "0.1.0"
    requires = (
        "av>=14",
        "numpy>=2.0",
        'keras>=3.5; extra == "tensorflow"',
        "kagglehub; extra=='tensorflow'",
        "pytest>=8; extra == 'dev'",
    )

    def __init__(self, direct_url: object = None) -> None:
        self.direct_url = (
            direct_url if direct_url is None or isinstance(direct_url, str) else json.dumps(direct_url)
        )

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return self.direct_url


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch):
    """Say what is installed, and that swara does not run from its sources."""

    def install(found: Wheel | None) -> None:
        def distribution(name: str) -> Wheel:
            assert name == "swara-coach"
            if found is None:
                raise PackageNotFoundError(name)
            return found

        monkeypatch.setattr(installation, "source_folder", lambda: None)
        monkeypatch.setattr("importlib.metadata.distribution", distribution)

    return install


def test_an_extra_is_named_by_what_it_requires(installed) -> None:
    installed(Wheel())
    assert install_command(extra="tensorflow") == "pip install 'keras>=3.5' kagglehub"
    assert install_command("keras", extra="tensorflow") == "pip install 'keras>=3.5'"
    assert install_command("av", option="--upgrade") == "pip install --upgrade 'av>=14'"


def test_without_metadata_packages_are_named_without_versions(installed) -> None:
    installed(None)
    assert install_command("librosa", extra="reference") == "pip install librosa"
    assert install_command(extra="tensorflow") == "pip install tensorflow"


def test_a_wheel_is_installed_again_from_where_it_lies(installed, tmp_path: Path) -> None:
    wheel = tmp_path / "मेरा swara.whl"
    wheel.touch()
    installed(Wheel({"url": wheel.as_uri(), "archive_info": {}}))
    command = repair_advice().removeprefix("Run: ")
    assert shlex.split(command) == ["pip", "install", "--force-reinstall", "--no-deps", str(wheel)]
    wheel.unlink()
    assert (
        repair_advice()
        == f"Get swara again and install it: it came from {wheel}, which is not there any more"
    )
    assert newer_advice() == f"Use the newer swara; this one is 0.1.0, from {wheel}"


def test_a_repository_is_named_with_its_revision(installed) -> None:
    git = {"vcs": "git", "commit_id": REVISION}
    installed(Wheel({"url": "https://git.example/swara", "vcs_info": git}))
    assert reinstall_advice().endswith(f" git+https://git.example/swara@{REVISION}")


def test_an_address_is_named_as_it_is(installed) -> None:
    installed(Wheel({"url": "https://files.example/swara.whl", "archive_info": {}}))
    assert reinstall_advice().endswith(" https://files.example/swara.whl")


@pytest.mark.parametrize("record", [None, "", "{}", "[]", "cut sho"])
def test_where_it_came_from_may_be_unknown(installed, record: str | None) -> None:
    installed(Wheel(record))
    words = "Install swara again from the folder or wheel that it came from, which pip has no record of"
    assert (repair_advice(), reinstall_advice()) == (words, words)
    assert newer_advice().endswith("this one is 0.1.0, from a place that pip has no record of")


def test_sources_that_run_beside_another_installation_are_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch, installed, tmp_path: Path
) -> None:
    installed(Wheel({"url": (tmp_path / "other.whl").as_uri(), "archive_info": {}}))
    monkeypatch.setattr(installation, "source_folder", lambda: tmp_path)
    assert installation.installed_version() is None
    assert reinstall_advice() == f"Run: pip install -e {shlex.quote(str(tmp_path))}"
    assert repair_advice().startswith(f"Put back what was changed in {tmp_path},")
