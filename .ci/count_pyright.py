"""Run pyright's basic check over every module, and hold the count of what it says.

mypy strict is the real check. Every import of ours must be resolved here, and every module seen: over links
that it does not enter, pyright is content with one file.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("raga", "data", "embedder", "classifier", "index", "service")
MOST_ERRORS = 59  # about numpy, Keras and TensorFlow


def main() -> None:
    """Print what pyright saw; exit 1 if that is too little, or too much."""
    words = [Path(sys.executable).with_name("pyright"), "--outputjson", "--pythonpath", sys.executable]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):
        sys.exit(f"pyright did not run: {done.stdout}{done.stderr}")
    found = json.loads(done.stdout)
    lying = [
        *(path for each in PACKAGES for path in (ROOT / each).rglob("*.py")),
        *(ROOT / "swara").glob("*.py"),
    ]
    modules = len(lying) + 1  # cli.py
    # An extra that is not installed here, as mlflow, cannot be resolved: no fault of what imports it.
    absent = [
        each
        for each in found["generalDiagnostics"]
        if each.get("rule") == "reportMissingImports" and '"swara' not in each["message"]
    ]
    seen, errors = found["summary"]["filesAnalyzed"], found["summary"]["errorCount"] - len(absent)
    unresolved = [
        f"{each['file']}: {each['message']}"
        for each in found["generalDiagnostics"]
        if each.get("rule") == "reportMissingImports" and '"swara' in each["message"]
    ]
    print(
        f"pyright: {seen} files of {modules}, {errors} errors of at most {MOST_ERRORS}", *unresolved, sep="\n"
    )
    if seen != modules or errors > MOST_ERRORS or unresolved:
        sys.exit("pyright sees too little, or too much: .venv/bin/pyright --pythonpath .venv/bin/python")


if __name__ == "__main__":
    main()
