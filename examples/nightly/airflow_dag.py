"""The nightly rebuild under Airflow 3: 3 is skipped, 1 is tried again, 2 and 4 fail at once."""

import subprocess
from datetime import datetime, timedelta

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException


@dag(schedule="17 3 * * *", start_date=datetime(2026, 1, 1), catchup=False, max_active_runs=1)
def swara_night():
    @task(retries=2, retry_delay=timedelta(seconds=600))
    def rebuild():
        code = subprocess.run(["swara", "rebuild", "--if-changed", "--json"], check=False).returncode
        if code == 3:
            raise AirflowSkipException("nothing is new")
        if code in (2, 4):
            raise AirflowFailException(f"swara rebuild ended with {code}: again it would end the same")
        if code:
            raise RuntimeError(f"swara rebuild ended with {code}")

    rebuild()


night = swara_night()
