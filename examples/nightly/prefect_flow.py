"""The nightly rebuild under Prefect 3: 3 is skipped, 1 is tried again, 2 and 4 fail at once."""

import subprocess

from prefect import flow, task
from prefect.states import Completed, Failed


@task(retries=2, retry_delay_seconds=600)
def rebuild():
    code = subprocess.run(["swara", "rebuild", "--if-changed", "--json"], check=False).returncode
    if code not in (0, 2, 3, 4):
        raise RuntimeError(f"swara rebuild ended with {code}")
    return code


@flow
def swara_night():
    code = rebuild()
    if code == 3:
        return Completed(name="Skipped", message="nothing is new")
    if code:
        return Failed(message=f"swara rebuild ended with {code}: again it would end the same")
    return Completed()


if __name__ == "__main__":
    swara_night.serve(cron="17 3 * * *")
