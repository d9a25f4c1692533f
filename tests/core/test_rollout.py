"""Which mode an audit gets follows from flags, then variables, then the rollout, and says why."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from veritas.config import Settings
from veritas.core.rollout import (
    IPC_MODE_QUEUE,
    IPC_MODE_STDOUT,
    IPC_MODE_VALIDATE,
    bucket_of,
    decide,
)
from veritas.errors import InvalidSetting


def test_validate_wins_over_queue_and_queue_over_stdout():
    """The flags have a fixed order."""
    both = decide(Settings(), use_queue_ipc=True, use_stdout=True)
    assert (both.mode, both.reason, both.origin) == (IPC_MODE_QUEUE, "STATIC", "--use-queue-ipc")
    every = decide(Settings(), use_queue_ipc=True, use_stdout=True, validate_ipc=True)
    assert every.mode == IPC_MODE_VALIDATE


def test_a_flag_wins_over_the_variables():
    """Even over variables that make no sense."""
    decision = decide(Settings(ipc_mode="foo", rollout="bar"), use_stdout=True)
    assert (decision.mode, decision.origin) == (IPC_MODE_STDOUT, "--use-stdout")


@pytest.mark.parametrize(
    ("text", "mode"),
    [("queue", "queue"), ("STDOUT", "stdout"), ("fallback", "stdout"), ("validate", "validate"), (" queue ", "queue")],
)
def test_the_mode_variable_wins_over_the_rollout(text, mode):
    """QUEUE_IPC_MODE takes any case, and fallback is stdout."""
    decision = decide(Settings(ipc_mode=text, rollout="0" if mode == "queue" else "1"), key="a")
    assert (decision.mode, decision.reason, decision.origin) == (mode, "STATIC", "QUEUE_IPC_MODE")


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_raising_the_share_keeps_everyone_who_is_in(key, one, other):
    """The bucket is fixed by the key, so the decision is monotone in the share."""
    low, high = sorted([one, other])
    if decide(Settings(rollout=repr(low)), key=key).mode == IPC_MODE_QUEUE:
        assert decide(Settings(rollout=repr(high)), key=key).mode == IPC_MODE_QUEUE


def test_the_whole_range_of_shares_is_served():
    """At 0 nobody gets the queue, at 1 everybody."""
    assert {decide(Settings(rollout="0"), key=str(n)).mode for n in range(200)} == {IPC_MODE_STDOUT}
    assert {decide(Settings(rollout="1"), key=str(n)).mode for n in range(200)} == {IPC_MODE_QUEUE}


def test_buckets_are_spread_evenly():
    """A tenth of many audits get in at the default share (4 standard deviations allowed)."""
    share = sum(decide(Settings(), key=f"vrts_{n:016x}").mode == IPC_MODE_QUEUE for n in range(10_000)) / 10_000
    assert abs(share - 0.10) < 0.012


def test_the_buckets_of_many_keys_are_uniform():
    """Chi-square over 100,000 keys: in a hundred equal parts of [0, 1), for keys that differ as little as they can."""
    buckets = np.array([bucket_of(f"vrts_{number:016x}") for number in range(100_000)])
    assert buckets.min() >= 0 and buckets.max() < 1
    assert stats.chisquare(np.histogram(buckets, 100, (0, 1))[0]).pvalue > 0.001


def test_two_rollouts_draw_independently():
    """Who is in one is in the other as often as anybody else: chi-square over 100,000 keys."""
    one, other = (
        np.array([bucket_of(f"vrts_{number:016x}", rollout) for number in range(100_000)])
        for rollout in ("queue-ipc", "second")
    )
    assert stats.chi2_contingency(np.histogram2d(one, other, 10)[0]).pvalue > 0.001


def test_the_bucket_of_a_key_never_changes():
    """An audit that was in yesterday is in today: the number is part of the contract."""
    assert bucket_of("vrts_0123456789abcdef") == 0.27417199865148345
    assert bucket_of("vrts_0123456789abcdef", "another") != bucket_of("vrts_0123456789abcdef")


def test_a_rollout_decision_tells_bucket_share_and_origin():
    """It can be explained from what is recorded."""
    decision = decide(Settings(rollout="0.5"), key="k")
    assert (decision.reason, decision.share, decision.share_origin) == ("SPLIT", 0.5, "QUEUE_IPC_ROLLOUT")
    assert decision.bucket == bucket_of("k")
    assert decide(Settings(), key="k").share_origin == "default"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (Settings(ipc_mode="foo"), ["QUEUE_IPC_MODE", "'foo'", "queue, stdout, fallback, validate"]),
        (Settings(rollout="25"), ["QUEUE_IPC_ROLLOUT", "'25'", "for 25% set 0.25"]),
        (Settings(rollout="-1"), ["'-1'", "0.0 to 1.0"]),
        (Settings(rollout="nan"), ["'nan'"]),
        (Settings(rollout="a quarter"), ["'a quarter'", "such as 0.25"]),
    ],
)
def test_a_variable_that_makes_no_sense_is_refused_with_what_was_meant(settings, words):
    """One sentence with the fault, the thing and the remedy."""
    with pytest.raises(InvalidSetting) as caught:
        decide(settings, key="k")
    assert all(word in str(caught.value) for word in words)
