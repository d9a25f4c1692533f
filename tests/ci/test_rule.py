"""The grammar of rules: what is one, and what an error says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.finding import SEVERITIES
from veritas.audit.finding_kinds import FINDING_KINDS
from veritas.ci.rule import RISKS, Rule, parse_rules
from veritas.errors import UsageError


def test_a_level_of_risk_takes_the_worse_ones_with_it() -> None:
    assert Rule.parse("risk>=suspicious").risks.words == ("suspicious", "high_risk", "likely_fraudulent")
    assert Rule.parse("risk=suspicious").risks.words == ("suspicious",)


def test_one_text_may_have_several_rules_and_each_counts_once() -> None:
    rules = parse_rules(["risk>=suspicious | score<70|finding:countdown_resets", "score<70"])
    assert [rule.text for rule in rules] == ["risk>=suspicious", "score<70", "finding:countdown_resets"]


@given(
    st.one_of(
        st.builds("risk{}{}".format, st.sampled_from([">=", "="]), st.sampled_from(RISKS)),
        st.builds("score{}{}".format, st.sampled_from(["<", "<="]), st.integers(0, 100)),
        st.builds(
            "{}:{}".format,
            st.sampled_from(["finding", "new-findings"]),
            st.one_of(
                st.sampled_from(sorted(FINDING_KINDS)),
                st.builds("severity{}{}".format, st.sampled_from([">=", "="]), st.sampled_from(SEVERITIES)),
            ),
        ),
        st.just("new-findings"),
    )
)
def test_every_word_of_the_grammar_makes_a_rule(text: str) -> None:
    assert Rule.parse(text).text == text


@given(st.text())
def test_any_other_text_is_refused_in_one_sentence(text: str) -> None:
    """And never with another exception."""
    try:
        Rule.parse(text)
    except UsageError as error:
        assert "\n" not in str(error)
        assert str(error).startswith("Invalid rule ")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("risk>=suspicous", "there is no risk level 'suspicous' (did you mean 'suspicious'?); give one of trusted,"),
        ("risk<trusted", "write risk>=LEVEL"),
        ("risk>=inconclusive", "passes no rule about risk"),
        ("score>70", "a low score is bad; write score<NUMBER"),
        ("score<nan", "'nan' is not a score; give a number from 0 to 100."),
        ("score<101", "'101' is not a score"),
        ("finding:countdown_reset", "(did you mean 'countdown_resets'?); `veritas help ci` lists the kinds."),
        ("finding", "write finding:KIND"),
        ("finding:severity>=sever", "give one of info, low, medium, high, critical."),
        ("finding:severity>high", "write severity>=SEVERITY"),
        ("new-finding", "(did you mean 'new-findings'?); write risk>=LEVEL"),
        ("new-findings>3", "write new-findings:KIND"),
        ("", "Invalid rule ''; write risk>=LEVEL"),
        ("risk>=suspicious||score<70", "Invalid rule ''"),
    ],
)
def test_an_error_names_the_fault_and_the_remedy(text: str, fault: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_rules([text])
    assert fault in str(refused.value)
