"""An audit's mode follows from the flags, else the variables, else the rollout; the decision has the reason."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.config import Settings
from veritas.core.mode_decision import (
    IPC_MODE_QUEUE,
    IPC_MODE_STDOUT,
    IPC_MODE_VALIDATE,
    bucket_of,
    decide,
)
from veritas.errors import InvalidSetting


def test_the_validate_flag_wins_over_queue_and_queue_over_stdout():
    both = decide(Settings(), use_queue_ipc=True, use_stdout=True)
    assert (both.mode, both.reason, both.origin) == (IPC_MODE_QUEUE, "STATIC", "--use-queue-ipc")
    every = decide(Settings(), use_queue_ipc=True, use_stdout=True, validate_ipc=True)
    assert every.mode == IPC_MODE_VALIDATE


def test_a_flag_wins_over_the_variables():
    """It wins even over invalid variables."""
    decision = decide(Settings(ipc_mode="foo", rollout="bar"), use_stdout=True)
    assert (decision.mode, decision.origin) == (IPC_MODE_STDOUT, "--use-stdout")


@pytest.mark.parametrize(
    ("text", "mode"),
    [("queue", "queue"), ("STDOUT", "stdout"), ("fallback", "stdout"), ("validate", "validate"), (" queue ", "queue")],
)
def test_the_mode_variable_wins_over_the_rollout(text, mode):
    """QUEUE_IPC_MODE is not case-sensitive, and `fallback` means stdout."""
    decision = decide(Settings(ipc_mode=text, rollout="0" if mode == "queue" else "1"), key="a")
    assert (decision.mode, decision.reason, decision.origin) == (mode, "STATIC", "QUEUE_IPC_MODE")


@given(st.text(min_size=1), st.floats(0, 1), st.floats(0, 1))
def test_raising_the_share_keeps_every_audit_that_has_the_queue(key, one, other):
    """The bucket is fixed by the key, so the decision is monotone in the share."""
    low, high = sorted([one, other])
    if decide(Settings(rollout=repr(low)), key=key).mode == IPC_MODE_QUEUE:
        assert decide(Settings(rollout=repr(high)), key=key).mode == IPC_MODE_QUEUE


def test_at_share_0_no_audit_gets_the_queue_and_at_1_every_audit():
    assert {decide(Settings(rollout="0"), key=str(n)).mode for n in range(200)} == {IPC_MODE_STDOUT}
    assert {decide(Settings(rollout="1"), key=str(n)).mode for n in range(200)} == {IPC_MODE_QUEUE}


def test_buckets_are_spread_evenly():
    """At the default share a tenth of many audits get the queue (within 4 standard deviations)."""
    share = sum(decide(Settings(), key=f"vrts_{n:016x}").mode == IPC_MODE_QUEUE for n in range(10_000)) / 10_000
    assert abs(share - 0.10) < 0.012


def test_the_buckets_of_many_keys_are_uniform():
    """The test is chi-square over 100 equal parts of [0, 1), with 100,000 keys that differ as little as possible."""
    from scipy import stats  # half a second to import, and most workers do not need it

    buckets = np.array([bucket_of(f"vrts_{number:016x}") for number in range(100_000)])
    assert buckets.min() >= 0 and buckets.max() < 1
    assert stats.chisquare(np.histogram(buckets, 100, (0, 1))[0]).pvalue > 0.001


def test_two_rollouts_draw_independently():
    """A key that is in one is in the other as often as any other key: chi-square over 100,000 keys."""
    from scipy import stats

    one, other = (
        np.array([bucket_of(f"vrts_{number:016x}", rollout) for number in range(100_000)])
        for rollout in ("queue-ipc", "second")
    )
    assert stats.chi2_contingency(np.histogram2d(one, other, 10)[0]).pvalue > 0.001


def test_the_bucket_of_a_key_never_changes():
    """An audit that got the queue yesterday gets it today: the number is part of the contract."""
    assert bucket_of("vrts_0123456789abcdef") == 0.27417199865148345
    assert bucket_of("vrts_0123456789abcdef", "another") != bucket_of("vrts_0123456789abcdef")


def test_a_decision_of_the_rollout_has_bucket_share_and_origin():
    """They are recorded, and explain the decision."""
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
def test_an_invalid_variable_is_an_error_with_the_remedy(settings, words):
    """The message is one sentence with the fault, the value and the remedy."""
    with pytest.raises(InvalidSetting) as caught:
        decide(settings, key="k")
    assert all(word in str(caught.value) for word in words)
