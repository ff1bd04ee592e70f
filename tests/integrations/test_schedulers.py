"""The examples for Airflow, Prefect and Dagster, run for real; ``make test-integrations`` installs them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALLED = Path(os.environ.get("SWARA_INTEGRATIONS", ROOT / "build" / "integrations"))

RUN = {
    "airflow": """
from airflow_dag import night
(task,) = night.test().get_task_instances()
print("ended", str(task.state).rpartition(".")[2].lower())
""",
    "prefect": """
from prefect_flow import swara_night
print("ended", swara_night(return_state=True).name.lower())
""",
    "dagster": """
import dagster as dg
from dagster_job import defs, swara_version
made = dg.materialize([swara_version], raise_on_error=False, instance=dg.DagsterInstance.ephemeral())
new = made.get_asset_materialization_events()
print("ended", "failed" if not made.success else "completed" if new else "skipped")
""",
}
"""Runs the example and prints what the scheduler says of it, in its own word."""

ENDS = {0: ("completed", "success"), 1: ("failed",), 3: ("skipped",), 4: ("failed",)}
TRIES = {0: 1, 1: 3, 3: 1, 4: 1}


@pytest.mark.parametrize("code", ENDS)
@pytest.mark.parametrize("name", RUN)
def test_each_says_what_came_of_the_night(tmp_path: Path, name: str, code: int) -> None:
    python = INSTALLED / name / "bin" / "python"
    if not python.exists():
        pytest.skip(f"{name} is not installed; run: make test-integrations")
    for example in (ROOT / "examples" / "nightly").glob(f"{name}*.py"):
        hurried = example.read_text("utf-8").replace("600", "0")
        (tmp_path / example.name).write_text(hurried, "utf-8")
    fake = tmp_path / "swara"
    fake.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nexit {code}\n')
    fake.chmod(0o755)
    around = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    around |= {f"{each}_HOME": str(tmp_path) for each in ("AIRFLOW", "PREFECT", "DAGSTER")}
    around["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "240"
    if name == "airflow":
        around |= {"AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        for step in (["db", "migrate"], ["dags", "reserialize"]):
            words = [str(python.with_name("airflow")), *step]
            subprocess.run(words, env=around, capture_output=True, check=True, timeout=300)
    words = [str(python), "-c", RUN[name]]
    done = subprocess.run(
        words, cwd=tmp_path, env=around, capture_output=True, text=True, check=False, timeout=300
    )
    said = [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("ended")]
    assert said, done.stdout + done.stderr
    assert said[0] in ENDS[code], done.stdout + done.stderr
    assert (tmp_path / "asked").read_text().splitlines() == ["rebuild --if-changed --json"] * TRIES[code]
