"""Where this swara was installed from, and the commands that bring what is missing or damaged.

No command names swara itself: on a package index, that name may be somebody else's. What runs in every
analysis imports this only when it has something to say.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .errors import MissingPackage

if TYPE_CHECKING:
    from importlib.metadata import Distribution

__all__ = [
    "DISTRIBUTION",
    "check_tensorflow",
    "install_command",
    "installed_version",
    "newer_advice",
    "own_distribution",
    "package_name",
    "reinstall_advice",
    "repair_advice",
    "requirements",
    "source_folder",
]

DISTRIBUTION = "swara-coach"
"""What pip knows this program as; the command and the import are ``swara``."""

_NAME = re.compile(r"[\w.-]+")
_EXTRA = re.compile(r"""extra\s*==\s*["']([\w.-]+)["']""")


def source_folder() -> Path | None:
    """Return the folder of the sources that run in place, as after ``pip install -e``; None otherwise."""
    folder = Path(__file__).resolve().parents[1]
    return folder if _project(folder).get("name") == DISTRIBUTION else None


def own_distribution() -> Distribution | None:
    """Return the metadata of the swara that runs; None where pip does not know it."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        found = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        return None
    folder = source_folder()
    # Beside the sources that run, another copy may be installed.
    return found if folder is None or Path(_origin(found) or "").resolve() == folder else None


def installed_version() -> str | None:
    """Return the version of the swara that runs; None where pip does not know it."""
    found = own_distribution()
    return None if found is None else found.version


def requirements(extra: str | None = None) -> tuple[str, ...]:
    """Return what swara requires, as pip reads it: ``("av>=14", ...)``.

    Parameters
    ----------
    extra : str, optional
        Name of a group of optional requirements; without it, those of every installation.

    Returns
    -------
    tuple of str
        Empty where neither metadata nor a pyproject.toml say so, or no extra has that name.
    """
    if (folder := source_folder()) is not None:
        project = _project(folder)
        listed = project["optional-dependencies"].get(extra, []) if extra else project["dependencies"]
        return tuple(listed)
    found = own_distribution()
    stated = [line.partition(";") for line in (found and found.requires) or ()]
    of_extra = [(name.strip(), _EXTRA.search(marker)) for name, _, marker in stated]
    return tuple(name for name, only in of_extra if (only and only[1]) == extra)


def check_tensorflow(doing: str) -> None:
    """Look for TensorFlow without importing it; `doing` begins the sentence on what needs it.

    Raises
    ------
    MissingPackage
        If it is not installed.
    """
    if missing := [name for name in ("tensorflow", "keras") if importlib.util.find_spec(name) is None]:
        raise MissingPackage(
            f"{doing} needs TensorFlow, and {' and '.join(missing)} is not installed",
            fix=f"Install it with: {install_command(extra='tensorflow')}",
        )


def install_command(
    *packages: str,
    extra: str | None = None,
    option: Literal["--upgrade", "--force-reinstall"] | None = None,
) -> str:
    """Return the command that installs packages in the versions that swara requires.

    Parameters
    ----------
    *packages : str
        Their names on the index; none for all of an extra.
    extra : str, optional
        The group of optional requirements that they belong to.
    option : str, optional
        For packages that are there and do not work.

    Returns
    -------
    str
        Without versions where these are not known.
    """
    wanted = [each for each in requirements(extra) if not packages or package_name(each) in packages]
    return _pip_install([option] if option else [], wanted or packages or [extra or ""])


def reinstall_advice() -> str:
    """Return how swara is installed again from where it came, as a sentence without full stop."""
    if (folder := source_folder()) is not None:
        return f"Run: {_pip_install(['-e'], [str(folder)])}"
    if (origin := _own_origin()) is None:
        return "Install swara again from the folder or wheel that it came from, which pip has no record of"
    if Path(origin).is_absolute() and not Path(origin).exists():
        return f"Get swara again and install it: it came from {origin}, which is not there any more"
    return f"Run: {_pip_install(['--force-reinstall', '--no-deps'], [origin])}"


def repair_advice() -> str:
    """Return what to do where files of swara itself are damaged or gone, as a sentence without full stop."""
    if (folder := source_folder()) is not None:
        return f"Put back what was changed in {folder}, which swara runs from; git status names it"
    return reinstall_advice()


def newer_advice() -> str:
    """Return what to do where a newer swara is needed, as a sentence without full stop."""
    origin = source_folder() or _own_origin() or "a place that pip has no record of"
    return f"Use the newer swara; this one is {installed_version() or 'not installed'}, from {origin}"


def _pip_install(options: Sequence[str], what: Sequence[str]) -> str:
    return " ".join(["pip install", *options, *map(shlex.quote, what)])


def package_name(requirement: str) -> str:
    """Return the name in a requirement: ``av`` of ``av>=14``."""
    found = _NAME.match(requirement)
    return found[0] if found else requirement


def _project(folder: Path) -> dict[str, Any]:
    """Return the table ``project`` of the pyproject.toml in a folder; empty where there is none."""
    import tomllib

    try:
        stated: dict[str, Any] = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return dict(stated.get("project", {}))


def _own_origin() -> str | None:
    found = own_distribution()
    return None if found is None else _origin(found)


def _origin(found: Distribution) -> str | None:
    """Return the path or address that a distribution came from, by its ``direct_url.json`` (PEP 610)."""
    import json
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        stated = json.loads(found.read_text("direct_url.json") or "{}")
        url = stated["url"]
    except (ValueError, KeyError, TypeError):
        return None
    if url.startswith("file:"):
        return url2pathname(urlsplit(url).path)
    if vcs := stated.get("vcs_info"):
        return f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    return str(url)
