"""The options of an audit are recorded without their secrets, and read back as they were."""

from __future__ import annotations

import json

import pytest

from veritas.audit.egress.policy import EgressPolicy, PrivateHost
from veritas.audit.limits import Limits
from veritas.audit.login import Login
from veritas.errors import InvalidSetting
from veritas.events.visitor import Viewport, Visitor
from veritas.recording.audit_options import AuditOptions

OPTIONS = AuditOptions(
    browser="/opt/chromium",
    proxy="http://proxy.test:3128",
    policy=EgressPolicy((PrivateHost("intranet", 8080),)),
    timeout=60,
    visit_timeout=5,
    limits=Limits(bytes=1_000_000),
    visitor=Visitor(Viewport(800, 600), "de-DE", "Europe/Berlin", "Agent/1.0"),
    screenshots="none",
)


def test_recorded_options_are_read_back() -> None:
    recorded = json.loads(json.dumps(OPTIONS.public()))
    assert AuditOptions.of_public(recorded) == OPTIONS and OPTIONS.secret_names() == []


def test_no_login_and_no_password_of_a_proxy_is_recorded() -> None:
    options = AuditOptions(
        proxy="socks5://me:s3cret@proxy.test", login=Login(headers=(("X-Key", "s3cret"),), origins=("http://a.test",))
    )
    assert "s3cret" not in str(options.public()) and options.secret_names() == ["--proxy"]
    assert AuditOptions.of_public(options.public()) == AuditOptions()


def test_options_that_cannot_be_read_are_refused() -> None:
    with pytest.raises(InvalidSetting, match="recorded options of the audits cannot be read"):
        AuditOptions.of_public({"timeout": "long"})
