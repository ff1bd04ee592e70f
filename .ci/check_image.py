"""Do what the Dockerfile does, without docker: lint it, run its build stage and a night, weigh it.

The files that it copies go to a folder of their own, so that one that it forgets is missed. What stays undone
is the second stage: the user, and the libraries of the base image.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# `docker images` of python:3.12-slim, as quoted by OneUptime, "How to Reduce Docker Image Size for Python
# Applications", 8 February 2026.
BASE_MB = 150
MOST_MB = 900
NIGHT = """
if swara rebuild --if-changed 2>/dev/null; then exit 1; fi
swara rebuild --init --json --metrics swara.prom >first
swara rebuild --if-changed --json --metrics swara.prom >second || test $? -eq 3
grep -q '"outcome": "nothing new", "exit_code": 3' second
grep -q '^swara_rebuild_exit_code 3.0$' swara.prom
"""
"""No store is an error; the first night makes one, the second finds nothing new."""


def main() -> None:
    """Print the size; exit 1 with what is wrong."""
    subprocess.run([Path(sys.executable).with_name("hadolint"), ROOT / "Dockerfile"], check=True)
    text = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    _, first, second = re.split(r"^FROM python:3.12-slim", text, flags=re.MULTILINE)
    assert "COPY --from=build /opt/swara /opt/swara" in second
    with tempfile.TemporaryDirectory(prefix="swara-image-") as place:
        source, installed = Path(place, "src"), Path(place, "opt", "swara")
        copy(first, source)
        for step in re.findall(r"^RUN (.+)$", first, re.MULTILINE):
            run(step.replace("/opt/swara", str(installed)), source)
        run(f"{installed}/bin/swara doctor", Path(place))
        run(NIGHT.replace("swara ", f"{installed}/bin/swara "), Path(place))
        ours_mb = size_mb(installed)
    print(f"image: {ours_mb} MB installed + {BASE_MB} MB of the base image, of at most {MOST_MB} MB")
    if ours_mb + BASE_MB > MOST_MB:
        sys.exit("the image is too large")


def copy(stage: str, source: Path) -> None:
    """Copy what is under version control of what a stage copies."""
    for line in re.findall(r"^COPY (.+)$", stage, re.MULTILINE):
        *names, target = line.split()
        for name in names:
            words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", name]
            listed = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
            files = [file for file in listed.split("\0") if file]
            if not files:
                sys.exit(f"Dockerfile: there is no {name} to copy")
            for file in files:
                inside = Path(file).name if (ROOT / name).is_file() else Path(file).relative_to(name)
                (source / target / inside).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, source / target / inside)


def run(step: str, folder: Path) -> None:
    """Run a step in a shell."""
    step = re.sub(r"\bpython (?=-m)", f"{python()} ", step)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SWARA"))}
    around = kept | {"HOME": str(folder), "SWARA_STORE": str(folder / "store")}
    subprocess.run(["/bin/sh", "-ec", step], cwd=folder, env=around, check=True)


def python() -> str:
    """Return a Python like that of the image, or the one that runs this; the name alone may lead nowhere."""
    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(["python3.12", "-c", ""], check=True, capture_output=True)
        return "python3.12"
    return sys.executable


def size_mb(folder: Path) -> int:
    """Return what the files of a folder take, in millions of bytes."""
    return round(sum(each.lstat().st_size for each in folder.rglob("*")) / 1e6)


if __name__ == "__main__":
    main()
