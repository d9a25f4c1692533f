"""The page *Rollout*: the stage, the gate, the changes and the metrics of a rollout, and a form that changes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from veritas.config import user_name
from veritas.core.mode_decision import ROLLOUT
from veritas.errors import UsageError
from veritas.rollout.gate import ADVANCE
from veritas.rollout.history import HOLD, NO_ROLLOUT, RELEASE, ROLLBACK, Rollout
from veritas.rollout.ledger import Ledger
from veritas.rollout.outputs.standing import ChangeRow, change_row, percent, standing_of
from veritas.web.api.rollout import (
    AdvanceRequest,
    ChangeRequest,
    HoldRequest,
    advance_rollout,
    hold_rollout,
    roll_back,
)
from veritas.web.form import read_form
from veritas.web.pages.addresses import rollout_url
from veritas.web.pages.html import html
from veritas.web.problem import Problem, status_of
from veritas.web.rollout_results import Results
from veritas.web.site import Site
from veritas.web.threads import run_in_thread

_ADVANCE = "advance"
# What each choice of the form does, and what it needs to know.
_CHANGES: Mapping[str, tuple[Callable[[Site, Any], dict[str, Any]], type[ChangeRequest], Mapping[str, Any]]] = {
    _ADVANCE: (advance_rollout, AdvanceRequest, {}),
    HOLD: (hold_rollout, HoldRequest, {}),
    RELEASE: (hold_rollout, HoldRequest, {"release": True}),
    ROLLBACK: (roll_back, ChangeRequest, {}),
}


@dataclass(frozen=True)
class RolloutRow:
    """One of several rollouts, to choose from."""

    name: str
    tier: str
    stage: str
    share: str
    url: str
    is_shown: bool


@dataclass(frozen=True)
class FormView:
    """The form that changes the rollout.

    Attributes:
        url: Where it is sent.
        choices: The value and the text of each possible change.
        from_stage: The stage in force.
        last_position: The position of the rollout's last change.
        decision: What the gate decides if that is not to advance; None if it is, or if there is no next stage.
        reason: The reason that was given.
        by: The name that was given, or that of the server's user if only they have its token.
    """

    url: str
    choices: Sequence[tuple[str, str]]
    from_stage: str
    last_position: int
    decision: str | None
    reason: str
    by: str


def route(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Return the function that answers for the page."""

    async def rollout(request: Request) -> Response:
        query = dict(request.query_params)
        if request.method == "POST":
            site.require_actions()
            return await run_in_thread(change, site, query.get("rollout", ROLLOUT), await read_form(request))
        return await run_in_thread(page, site, query)

    return rollout


def change(site: Site, name: str, form: Mapping[str, str]) -> Response:
    """Change a rollout, and lead back to its page; a change that is refused is explained there."""
    try:
        position = _change(site, name, form)
    except (UsageError, Problem) as error:
        return page(site, {"rollout": name}, fault=str(error), status=status_of(error) or 400, given=form)
    return RedirectResponse(rollout_url(name, changed=position), 303)


def page(
    site: Site,
    query: Mapping[str, str],
    *,
    fault: str | None = None,
    status: int = 200,
    given: Mapping[str, str] | None = None,
) -> Response:
    """Return the page of the rollout that the query names, or of the first one.

    Args:
        site: The site.
        query: The parameters of the page: `rollout`, and `changed`, the position of the change that leads to it.
        fault: Why a change was refused.
        status: The HTTP status.
        given: The fields of the refused form.
    """
    found = Ledger(site.archive).rollouts()
    name = query.get("rollout") or (ROLLOUT if ROLLOUT in found else next(iter(found), ROLLOUT))
    common: dict[str, Any] = {"site": site, "here": "rollout", "rollouts": _rows(found, name) if len(found) > 1 else []}
    if name not in found:
        if fault is None and "rollout" in query:
            fault, status = f"There is no rollout {name!r}.", 404
        return html(
            "rollout.html", status=status, **common, fault=fault, empty=None if found else NO_ROLLOUT, name=None
        )
    results = site.rollout_results.of(name)
    return html(
        "rollout.html",
        status=status,
        **common,
        fault=fault,
        name=name,
        changed=_changed(results.rollout, query.get("changed")),
        standing=standing_of(results.rollout, results.verdict),
        metrics={**results.shown, "read": f"{results.shown['read']}, up to position {results.position:,} of the log"},
        form=_form(site, results, given or {}),
    )


def _change(site: Site, name: str, form: Mapping[str, str]) -> int:
    """Make the change that the form asks for, and return its position."""
    if (known := _CHANGES.get(form.get("action", ""))) is None:
        raise Problem(400, "The form does not say how to change the rollout; choose one of the changes.")
    handler, kind, further = known
    fields = {each: value for each, value in form.items() if each in kind.__struct_encode_fields__}
    try:
        request = msgspec.convert({**fields, **further, "rollout": name}, kind, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(400, f"The form is invalid: {error}.") from None
    position: int = handler(site, request)["last"]["position"]
    return position


def _form(site: Site, results: Results, given: Mapping[str, str]) -> FormView | None:
    """Return the form; None if the rollout was rolled back."""
    rollout = results.rollout
    if rollout.is_rolled_back:
        return None
    last = rollout.last.event
    decision = results.verdict.decision if results.verdict else None
    return FormView(
        url=rollout_url(rollout.name),
        choices=list(_choices(rollout)),
        from_stage=last.stage,
        last_position=rollout.last.position,
        decision=decision if decision != ADVANCE and rollout.next else None,
        reason=given.get("reason", ""),
        by=given.get("by", "" if site.access.password else user_name()),
    )


def _choices(rollout: Rollout) -> Sequence[tuple[str, str]]:
    stage = rollout.last.event.stage
    advance = [(_ADVANCE, f"Advance to {rollout.next.name}")] if rollout.next else []
    hold = (RELEASE, "End the hold") if rollout.held else (HOLD, f"Hold at {stage}")
    return [*advance, hold, (ROLLBACK, "Roll back: no further audit gets the queue")]


def _changed(rollout: Rollout, position: str | None) -> ChangeRow | None:
    """Return the change at a position; None if there is none."""
    return next((change_row(each) for each in rollout.changes if str(each.position) == position), None)


def _rows(found: Mapping[str, Rollout], shown: str) -> list[RolloutRow]:
    return [
        RolloutRow(
            name=name,
            tier=rollout.last.event.tier or "all others",
            stage=rollout.last.event.stage,
            share=percent(rollout.last.event.share),
            url=rollout_url(name),
            is_shown=name == shown,
        )
        for name, rollout in found.items()
    ]
