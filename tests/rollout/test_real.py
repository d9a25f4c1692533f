"""A real rollout is rolled back when its queue loses events, and the next audit uses stdout."""

from __future__ import annotations

from pathlib import Path

from tests.cli.invoking import invoke_in
from tests.rollout.real import audit_all, audit_id_in
from tests.serving import PAGE, serving
from veritas.archive.archive import Archive
from veritas.cli.demo.server import serve_shops

ROLLED_BACK, HOLD = 4, 1


def test_a_queue_that_loses_events_is_rolled_back(tmp_path: Path) -> None:
    """While nothing is lost the gate holds, because so few audits prove nothing; the first loss causes a rollback."""
    database = tmp_path / "veritas.db"
    invoke = invoke_in(database)
    assert invoke("rollout", "start", "--stages", "50,100", "--reason", "ready").status == 0
    with serve_shops() as shops, serving(lambda path: PAGE, "text/html") as plain, Archive.open(database) as archive:
        audit_all(archive, plain, [audit_id_in(0, 0.5), audit_id_in(0.5, 1)])
        held = invoke("rollout", "gate", "--auto")
        assert held.status == HOLD, held
        (faulty,) = audit_all(archive, shops.honest, [audit_id_in(0, 0.5)], faulty=True)
        assert faulty.status == "completed"  # the status does not show the loss
        assert invoke("rollout", "gate", "--auto", "--dry-run").status == ROLLED_BACK
        assert invoke("rollout", "status", "--format", "json").json[0]["stage"] == "50%"
        gate = invoke("rollout", "gate", "--auto", "--by", "nightly")
        assert gate.status == ROLLED_BACK, gate
        after = audit_id_in(0, 0.5)
        audit_all(archive, plain, [after])
    explanation = invoke("rollout", "explain", after, "--format", "json").json
    assert (explanation["mode"], explanation["effective_mode"], explanation["share_origin"]) == (
        "stdout",
        "stdout",
        "stage stdout",
    )
    last = invoke("rollout", "history", "--format", "json").json[-1]
    assert (last["action"], last["by"]) == ("rollback", "nightly")
    assert "lost" in last["reason"] and last["evidence"]
    assert invoke("verify").status == 0
