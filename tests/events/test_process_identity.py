"""A process that recorded is gone only where that is certain."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.processes import wait_until
from veritas.events.process_identity import ProcessIdentity


def identity_of_another() -> tuple[ProcessIdentity, subprocess.Popen[str]]:
    """Start a process that tells who it is and then waits for the end of its input."""
    program = (
        "import sys, json; from dataclasses import asdict;"
        "from veritas.events.process_identity import ProcessIdentity;"
        "print(json.dumps(asdict(ProcessIdentity.own())), flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return ProcessIdentity(**json.loads(process.stdout.readline())), process


def test_this_process_is_there_and_each_time_the_same() -> None:
    assert ProcessIdentity.own() == ProcessIdentity.own()
    assert not ProcessIdentity.own().is_gone()


def test_a_process_is_gone_once_it_has_ended_buried_or_not() -> None:
    identity, process = identity_of_another()
    with process:
        assert not identity.is_gone()
        process.kill()
        wait_until(identity.is_gone)  # before anybody has asked how it ended
    assert identity.is_gone()


@pytest.mark.skipif(sys.platform != "linux", reason="only there a process is known by when it started")
def test_another_process_of_the_same_number_is_not_it() -> None:
    assert replace(ProcessIdentity.own(), started="1").is_gone()


def test_where_the_system_names_no_start_the_number_has_to_do() -> None:
    identity, process = identity_of_another()
    with process:
        assert not replace(identity, started="").is_gone()
        process.kill()
    assert replace(identity, started="").is_gone()


@pytest.mark.skipif(sys.platform != "linux", reason="only there a boot has a name")
def test_a_process_before_the_last_boot_is_gone() -> None:
    assert replace(ProcessIdentity.own(), boot="another").is_gone()
    assert not replace(ProcessIdentity.own(), boot="").is_gone()


@pytest.mark.parametrize("field", ["machine", "numbering"])
def test_of_a_process_elsewhere_nothing_is_known(field: str) -> None:
    elsewhere = replace(ProcessIdentity.own(), pid=2**40, started="1", boot="x" if field == "machine" else "")
    assert not replace(elsewhere, **{field: "another"}, boot=ProcessIdentity.own().boot).is_gone()


def test_a_number_that_no_system_has_is_nobodys() -> None:
    assert replace(ProcessIdentity.own(), pid=10**30, started="").is_gone()
