"""What is ready-made for schedulers: systemd, cron and Kubernetes take it."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer

from swara import cli

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
EXAMPLES = sorted((ROOT / "examples" / "nightly").glob("*.py"))
DOCKERFILE = ROOT / "Dockerfile"
HADOLINT = Path(sys.executable).with_name("hadolint")
UNITS = ("swara-rebuild.service", "swara-rebuild.timer")
COMMAND = "swara rebuild --if-changed --json"
PROMOTED, FAILED, NOTHING_NEW, REJECTED = 0, 1, 3, 4

CRON_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
DNS_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?")  # a CronJob's Jobs add 11 characters to 52
QUANTITY = re.compile(r"\d+(\.\d+)?(m|[KMGT]i?)?")

# The fields in use of the API (batch/v1, v1), with what each must hold: another name is a slip of the pen.
_LABELS = {"app.kubernetes.io/name": str}
_META = {"name": str, "labels": _LABELS}
_CONTAINER = {
    "name": str,
    "image": str,
    "imagePullPolicy": {"Always", "IfNotPresent", "Never"},
    "command": [str],
    "args": [str],
    "env": [{"name": str, "value": str}],
    "resources": {key: {"cpu": str, "memory": str} for key in ("requests", "limits")},
    "securityContext": {
        "allowPrivilegeEscalation": bool,
        "readOnlyRootFilesystem": bool,
        "capabilities": {"drop": [str]},
    },
    "volumeMounts": [{"name": str, "mountPath": str}],
}
_POD = {
    "restartPolicy": {"Never", "OnFailure"},
    "automountServiceAccountToken": bool,
    "securityContext": {
        "runAsNonRoot": bool,
        "runAsUser": int,
        "runAsGroup": int,
        "fsGroup": int,
        "seccompProfile": {"type": {"RuntimeDefault", "Localhost", "Unconfined"}},
    },
    "containers": [_CONTAINER],
    "volumes": [{"name": str, "?persistentVolumeClaim": {"claimName": str}, "?emptyDir": {}}],
}
_RULE = {
    "action": {"FailJob", "Ignore", "Count"},
    "?onExitCodes": {"containerName": str, "operator": {"In", "NotIn"}, "values": [int]},
    "?onPodConditions": [{"type": str, "status": {"True", "False", "Unknown"}}],
}
_JOB = {
    "backoffLimit": int,
    "activeDeadlineSeconds": int,
    "podFailurePolicy": {"rules": [_RULE]},
    "template": {"metadata": {"labels": _LABELS}, "spec": _POD},
}
SCHEMAS: Mapping[str, Any] = {
    "CronJob": {
        "apiVersion": {"batch/v1"},
        "kind": str,
        "metadata": _META,
        "spec": {
            "schedule": str,
            "timeZone": str,
            "concurrencyPolicy": {"Allow", "Forbid", "Replace"},
            "startingDeadlineSeconds": int,
            "successfulJobsHistoryLimit": int,
            "failedJobsHistoryLimit": int,
            "jobTemplate": {"spec": _JOB},
        },
    },
    "PersistentVolumeClaim": {
        "apiVersion": {"v1"},
        "kind": str,
        "metadata": _META,
        "spec": {"accessModes": [str], "resources": {"requests": {"storage": str}}},
    },
}


def _mistakes(value: Any, schema: Any, at: str = "") -> Iterator[str]:
    """Yield where a value departs from its schema."""
    if isinstance(schema, dict):
        yield from _mistakes_in_object(value, schema, at)
    elif isinstance(schema, list):
        if not isinstance(value, list) or not value:
            yield f"{at}: no list"
            return
        for number, each in enumerate(value):
            yield from _mistakes(each, schema[0], f"{at}[{number}]")
    elif value not in schema if isinstance(schema, set) else type(value) is not schema:
        yield f"{at}: {value!r}"


def _mistakes_in_object(value: Any, schema: Mapping[str, Any], at: str) -> Iterator[str]:
    """Do so for an object; a name of the schema that starts with ``?`` may be absent."""
    if not isinstance(value, dict):
        yield f"{at}: no object"
        return
    known = {name.removeprefix("?"): name for name in schema}
    yield from (f"{at}.{name}: unknown" for name in value if name not in known)
    for plain, name in known.items():
        if plain in value:
            yield from _mistakes(value[plain], schema[name], f"{at}.{plain}")
        elif plain == name:
            yield f"{at}.{plain}: missing"


def _is_cron_time(fields: list[str]) -> bool:
    """Whether five fields say when, in numbers, ``*``, ranges, lists and steps."""
    if len(fields) != len(CRON_RANGES):
        return False
    for field, (low, high) in zip(fields, CRON_RANGES, strict=True):
        for part in field.split(","):
            found = re.fullmatch(r"(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?", part)
            if found is None or not all(low <= int(n) <= high for n in found.groups()[:2] if n):
                return False
            if found[2] and int(found[1]) > int(found[2]):
                return False
    return True


def _cron_line() -> str:
    (line,) = re.findall(r"^(?!#|[A-Z_]+=).+$", (DEPLOY / "crontab").read_text("utf-8"), re.MULTILINE)
    return line


def _ends(script: str, code: int, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a shell script beside a ``swara`` that ends with `code`."""
    fake = folder / "swara"
    fake.write_text(f'#!/bin/sh\necho "$@" >> {folder}/asked\necho \'{{"stage": "x"}}\'\nexit {code}\n')
    fake.chmod(0o755)
    around = os.environ | {"PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run(["/bin/sh", "-c", script], env=around, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def objects() -> dict[str, Any]:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    text = (DEPLOY / "cronjob.yaml").read_text(encoding="utf-8")
    return {each["kind"]: each for each in yaml.safe_load_all(text)}


needs_shell = pytest.mark.skipif(os.name == "nt", reason="there is no /bin/sh")


@pytest.mark.parametrize(("tag", "code"), [("3.12-slim", 0), ("latest", 1)])
@pytest.mark.skipif(os.name == "nt", reason="there is no hadolint for Windows")
def test_hadolint_takes_the_dockerfile(tmp_path: Path, tag: str, code: int) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(DOCKERFILE.read_text("utf-8").replace("python:3.12-slim", f"python:{tag}"), "utf-8")
    done = subprocess.run([HADOLINT, file], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("DL3007" in done.stdout) is bool(code)


def test_the_cron_job_runs_the_image_of_the_dockerfile(objects: dict[str, Any]) -> None:
    pod = objects["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    image = f"swara:{project['version']}"
    assert [each["image"] for each in pod["containers"]] == [image]
    text = DOCKERFILE.read_text("utf-8")
    assert f"docker build -t {image} ." in text
    user = pod["securityContext"]
    assert re.findall(r"^USER (.*)$", text, re.MULTILINE) == [f"{user['runAsUser']}:{user['runAsGroup']}"]
    (store,) = (each["value"] for each in pod["containers"][0]["env"] if each["name"] == "SWARA_STORE")
    assert f"SWARA_STORE={store}\n" in text


def test_the_image_is_built_of_what_docker_may_see() -> None:
    """At least what a wheel is made of, which `make check-image` builds of it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    lines = re.findall(r"^COPY ([^-].+)$", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
    copied = {name for line in lines for name in line.split()[:-1]}
    seen = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert {*wheel["only-include"], *wheel["force-include"]} <= copied
    assert "*" in seen
    assert copied == {line.removeprefix("!") for line in seen if line.startswith("!")}
    assert [name for name in copied if not (ROOT / name).exists()] == []


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_takes_the_units_and_would_tell_of_a_mistake(tmp_path: Path) -> None:
    def said(success: str) -> tuple[int, list[str]]:
        for unit in UNITS:
            text = (DEPLOY / unit).read_text("utf-8")
            (tmp_path / unit).write_text(text.replace("ExitStatus=3", f"ExitStatus={success}"), "utf-8")
        words = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit) for unit in UNITS)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        # Of other units of this machine it may complain too.
        return done.returncode, [line for line in (done.stdout + done.stderr).splitlines() if "swara" in line]

    assert said("3") == (0, [])
    assert any("three" in line for line in said("three")[1])


def test_the_units_say_what_is_success() -> None:
    service, timer = ((DEPLOY / unit).read_text(encoding="utf-8") for unit in UNITS)
    assert re.findall(r"^SuccessExitStatus=(.*)$", service, re.MULTILINE) == [str(NOTHING_NEW)]
    assert re.findall(r"^ExecStart=(.*)$", service, re.MULTILINE) == [f"/usr/bin/env {COMMAND}"]
    assert "Type=oneshot" in service.splitlines()
    assert "Persistent=true" in timer.splitlines()
    assert "Unit=swara-rebuild.service" in timer.splitlines()


@pytest.mark.parametrize("words", ["17 3 * * *", "*/5 0-23/2 1,15 * 7"])
def test_what_a_time_is_for_cron(words: str) -> None:
    assert _is_cron_time(words.split())
    wrong = ("17 3 * *", "60 3 * * *", "5 24 * * *", "5 3 0 * *", "5-1 3 * * *", "*/0 3 * * *")
    assert not any(_is_cron_time(each.split()) for each in wrong)


def test_cron_takes_the_line() -> None:
    *when, command = _cron_line().split(maxsplit=5)
    assert _is_cron_time(when)
    assert command.startswith(COMMAND)
    assert "%" not in command  # to cron, the end of the command
    assert (DEPLOY / "crontab").read_bytes().endswith(b"\n")


@needs_shell
@pytest.mark.parametrize("code", [PROMOTED, FAILED, NOTHING_NEW, REJECTED])
def test_cron_mails_only_what_somebody_should_read(tmp_path: Path, code: int) -> None:
    done = _ends(_cron_line().split(maxsplit=5)[5], code, tmp_path)
    assert (tmp_path / "asked").read_text() == f"{COMMAND.removeprefix('swara ')}\n"
    assert '{"stage": "x"}' in (tmp_path / "swara-rebuild.log").read_text()
    mail = done.stdout + done.stderr
    if code in (PROMOTED, NOTHING_NEW):
        assert mail == ""
    else:
        assert f"ended with {code}" in mail


def test_kubernetes_takes_the_objects(objects: dict[str, Any]) -> None:
    assert set(objects) == set(SCHEMAS)
    for kind, each in objects.items():
        assert list(_mistakes(each, SCHEMAS[kind], kind)) == []
        assert DNS_NAME.fullmatch(each["metadata"]["name"])


def test_a_slip_of_the_pen_would_be_told(objects: dict[str, Any]) -> None:
    job = objects["CronJob"]
    slip = job | {"spec": job["spec"] | {"concurrencyPolicy": "forbid", "scedule": 1}}
    told = list(_mistakes(slip, SCHEMAS["CronJob"], "CronJob"))
    assert len(told) == 2
    assert any("scedule" in each for each in told)


def test_the_cron_job_has_one_writer_and_limits(objects: dict[str, Any]) -> None:
    spec = objects["CronJob"]["spec"]
    job = spec["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    (container,) = pod["containers"]
    assert _is_cron_time(spec["schedule"].split())
    assert spec["concurrencyPolicy"] == "Forbid"
    assert pod["restartPolicy"] == "Never"  # podFailurePolicy allows nothing else
    rejected = next(rule for rule in job["podFailurePolicy"]["rules"] if "onExitCodes" in rule)
    assert (rejected["action"], rejected["onExitCodes"]["values"]) == ("FailJob", [REJECTED])
    assert rejected["onExitCodes"]["containerName"] == container["name"]
    for amounts in container["resources"].values():
        assert all(QUANTITY.fullmatch(amount) for amount in amounts.values())
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    assert set(mounts) == set(volumes)
    assert (
        volumes["swara"]["persistentVolumeClaim"]["claimName"]
        == objects["PersistentVolumeClaim"]["metadata"]["name"]
    )
    (store,) = (each["value"] for each in container["env"] if each["name"] == "SWARA_STORE")
    assert store.startswith(mounts["swara"])


@needs_shell
@pytest.mark.parametrize(
    ("code", "ends"), [(PROMOTED, 0), (NOTHING_NEW, 0), (REJECTED, REJECTED), (FAILED, FAILED)]
)
def test_the_cron_job_ends_as_a_job_should(
    objects: dict[str, Any], tmp_path: Path, code: int, ends: int
) -> None:
    (container,) = objects["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["/bin/sh", "-c"]
    (script,) = container["args"]
    assert COMMAND in script
    assert _ends(script, code, tmp_path).returncode == ends


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_for_schedulers_run_a_command_that_there_is(example: Path) -> None:
    """That each of the three does what its example says is seen by ``make test-integrations``."""
    text = example.read_text("utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    lists = (node for node in nodes if isinstance(node, ast.List) and node.elts)
    (words,) = (ast.literal_eval(each) for each in lists if getattr(each.elts[0], "value", "") == "swara")
    assert " ".join(words) == COMMAND
    group: Any = typer.main.get_command(cli.app)
    assert group.commands[words[1]].make_context(words[1], words[2:]).params["if_changed"]
    told_apart = {node.value for node in nodes if isinstance(node, ast.Constant) and type(node.value) is int}
    assert {NOTHING_NEW, REJECTED} <= told_apart
    assert len([line for line in text.splitlines() if line.strip()]) <= 25


def test_there_is_an_example_for_each_scheduler() -> None:
    assert [each.stem.partition("_")[0] for each in EXAMPLES] == ["airflow", "dagster", "prefect"]
