"""Recommendations from findings."""

from __future__ import annotations

import pytest

from veritas.audit.finding import Finding
from veritas.audit.recommendations import recommendations_for, topic_of


def finding(kind: str, signal: str = "visual", mathur: str = "", severity: str = "high") -> Finding:
    taxonomy = {"mathur2019": mathur} if mathur else {}
    return Finding("vision", kind, kind, "It was observed.", severity, 0.9, signal, "https://acme.com/", {}, taxonomy)


@pytest.mark.parametrize(
    ("found", "topic"),
    [
        (finding("countdown_resets", "temporal", "Urgency: Countdown Timer"), "urgency"),
        (finding("preselected_consent", "structural", "Sneaking"), "sneaking"),
        (finding("fake_activity", "meta", "Social Proof: Activity Message"), "social_proof"),
        (finding("forced_signup", "structural", "Forced Action: Forced Enrollment"), "forced_action"),
        (finding("csp-not-implemented", "security"), "headers"),
        (finding("hsts-not-implemented", "security"), "headers"),
        (finding("secrets_in_clear", "security"), "connection"),
        (finding("mixed_content_active", "security"), "connection"),
        (finding("certificate_expired", "graph"), "certificate"),
        (finding("renewal_overdue", "graph"), "renewal"),
        (finding("host_mixed_scripts", "graph"), "host"),
        (finding("mail_forgeable", "graph"), "mail"),
        (finding("company_names_differ", "graph"), "company"),
        (finding("company_differs_from_certificate", "graph"), "company"),
        (finding("registration_number_invalid", "graph"), "registration"),
        (finding("canonical_elsewhere", "graph"), "address"),
        (finding("leads_to_another_site", "graph"), "address"),
        (finding("contact_missing", "meta"), "contact"),
        (finding("unheard_of", "temporal"), "urgency"),
        (finding("unheard_of", "unheard-of"), "misdirection"),
    ],
)
def test_every_finding_has_a_topic(found: Finding, topic: str) -> None:
    assert topic_of(found) == topic


def test_findings_of_one_topic_share_a_recommendation() -> None:
    recommendations = recommendations_for(
        [finding("secrets_in_clear", "security"), finding("mixed_content_active", "security")]
    )
    assert [(advice.audience, advice.because) for advice in recommendations] == [
        ("consumer", ("secrets_in_clear", "mixed_content_active")),
        ("owner", ("secrets_in_clear", "mixed_content_active")),
    ]


def test_an_informational_finding_has_no_recommendation() -> None:
    assert recommendations_for([finding("host_internationalised", "graph", severity="info")]) == ()


def test_an_unknown_signal_is_a_recommendation_to_consumers() -> None:
    assert [advice.audience for advice in recommendations_for([], unknown=["visual", "meta", "graph"])] == [
        "consumer"
    ] * 2
