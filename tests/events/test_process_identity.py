"""A process counts as gone only if it has certainly ended."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from msgspec.structs import replace

from tests.processes import wait_until
from veritas.events.process_identity import ProcessIdentity


def identity_of_another() -> tuple[ProcessIdentity, subprocess.Popen[str]]:
    """Start a process that prints its identity and then waits for the end of its input."""
    program = (
        "import sys, json; from msgspec.structs import asdict;"
        "from veritas.events.process_identity import ProcessIdentity;"
        "print(json.dumps(asdict(ProcessIdentity.own())), flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return ProcessIdentity(**json.loads(process.stdout.readline())), process


def test_this_process_runs_and_its_identity_does_not_change() -> None:
    assert ProcessIdentity.own() == ProcessIdentity.own()
    assert not ProcessIdentity.own().is_gone()


def test_a_process_is_gone_once_it_has_ended_even_as_a_zombie() -> None:
    identity, process = identity_of_another()
    with process:
        assert not identity.is_gone()
        process.kill()
        wait_until(identity.is_gone)  # it is a zombie until its parent waits for it
    assert identity.is_gone()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux provides the start of a process")
def test_a_process_is_gone_if_another_one_has_its_number() -> None:
    assert replace(ProcessIdentity.own(), started="1").is_gone()


def test_without_a_start_time_the_number_alone_decides() -> None:
    identity, process = identity_of_another()
    with process:
        assert not replace(identity, started="").is_gone()
        process.kill()
    assert replace(identity, started="").is_gone()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux provides the id of a boot")
def test_a_process_before_the_last_boot_is_gone() -> None:
    assert replace(ProcessIdentity.own(), boot="another").is_gone()
    assert not replace(ProcessIdentity.own(), boot="").is_gone()


@pytest.mark.parametrize("field", ["machine", "numbering"])
def test_a_process_on_another_machine_or_in_another_container_is_not_known_to_be_gone(field: str) -> None:
    elsewhere = replace(ProcessIdentity.own(), pid=2**40, started="1", boot="x" if field == "machine" else "")
    assert not replace(elsewhere, **{field: "another"}, boot=ProcessIdentity.own().boot).is_gone()


def test_a_number_that_no_process_can_have_is_of_a_process_that_is_gone() -> None:
    assert replace(ProcessIdentity.own(), pid=10**30, started="").is_gone()
