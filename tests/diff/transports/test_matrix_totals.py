"""The totals of the matrix add up for any outcomes."""

from __future__ import annotations

import json
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from veritas.diff.transports.matrix_totals import tally
from veritas.diff.transports.validated_run import ABANDONED, REDACTED, TransportDifference, UncomparedRun, ValidatedRun
from veritas.events.json import encode_json

_differences = st.builds(
    TransportDifference,
    kind=st.sampled_from(["altered", "missing"]),
    category=st.sampled_from(["transport", "verdict"]),
    source=st.sampled_from(["", "queue"]),
    event=st.sampled_from(["judge/done", ""]),
    path=st.sampled_from(["", "a[1].b", "a[2].b", "a[1>2].b"]),
    first=st.none() | st.integers(1, 9),
    last=st.none() | st.integers(1, 9),
)


@st.composite
def _outcomes(draw: st.DrawFn) -> list[ValidatedRun | UncomparedRun]:
    outcomes: list[ValidatedRun | UncomparedRun] = []
    for number in range(draw(st.integers(0, 6))):
        run_id = f"vrts_{number}.1"
        if draw(st.booleans()):
            found = tuple(draw(st.lists(_differences, max_size=4)))
            counts = {"queue": 3, "stdout": 3}
            outcomes.append(ValidatedRun(run_id, "tee", not found, counts, len(found), differences=found))
        else:
            outcomes.append(UncomparedRun(run_id, draw(st.sampled_from([ABANDONED, REDACTED])), redacted=1))
    return outcomes


@given(_outcomes())
def test_the_parts_add_up_to_the_whole(outcomes: list[ValidatedRun | UncomparedRun]) -> None:
    found = tally(outcomes)
    assert found.validated == len(outcomes) == found.compared + len(found.uncompared)
    assert found.compared == found.equal + found.different == sum(found.by.values())
    assert found.different == len(found.different_runs)
    occurred = sum(field.count for field in found.fields)
    assert occurred == sum(kind["count"] for kind in found.kinds.values())
    assert occurred == sum(category["count"] for category in found.categories.values())
    for field in found.fields:
        assert 1 <= len(field.examples) == min(field.runs, 3) <= found.different
        assert len({example.run_id for example in field.examples}) == len(field.examples)


@given(_outcomes(), st.randoms())
def test_the_order_of_the_runs_affects_only_the_examples(
    outcomes: list[ValidatedRun | UncomparedRun], random: Random
) -> None:
    shuffled = random.sample(outcomes, len(outcomes))
    one, other = (tally(runs).as_dict() for runs in (outcomes, shuffled))
    for totals in (one, other):
        totals["uncompared"] = sorted(run["run_id"] for run in totals["uncompared"])
        for field in totals["fields"]:
            del field["examples"]
    assert one == other


@given(_outcomes())
def test_it_can_be_written_as_json(outcomes: list[ValidatedRun | UncomparedRun]) -> None:
    totals = json.loads(encode_json(tally(outcomes).as_dict()))
    assert totals["validated"] == len(outcomes)
    assert {name for field in totals["fields"] for example in field["examples"] for name in example} <= {
        "run_id",
        "seq",
    }
