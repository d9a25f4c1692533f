"""`veritas help` shows the pages of the documentation."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("pty")

from tests.cli.invoking import Invoke
from tests.cli.terminal import run_in_terminal
from veritas.cli.help import TOPICS, page

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def test_without_a_topic_the_topics_are_listed(invoke_empty: Invoke) -> None:
    assert [(row["topic"], row["about"]) for row in invoke_empty("help").rows] == [*TOPICS.items()]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_in_a_pipe_is_markdown_without_comments(invoke_empty: Invoke, topic: str) -> None:
    outcome = invoke_empty("help", topic)
    assert (outcome.status, outcome.stderr) == (0, "")
    assert outcome.stdout.startswith("# ")
    assert "<!--" not in outcome.stdout and "[[[" not in outcome.stdout


def test_a_page_on_a_terminal_is_rendered_and_links_name_their_topics() -> None:
    sent = run_in_terminal("-m", "veritas", "help", "postgresql", width=80)
    assert "\x1b[" in sent
    assert "```" not in sent and "](" not in sent
    assert "veritas help rollout" in " ".join(sent.replace("\x1b[36m", "").replace("\x1b[0m", "").split())


def test_a_command_without_a_page_shows_its_help(invoke_empty: Invoke) -> None:
    assert invoke_empty("help", "db").stdout.startswith("Usage: veritas db")


def test_a_command_in_a_group_shows_its_help(invoke_empty: Invoke) -> None:
    assert invoke_empty("help", "rollout", "start").stdout.startswith("Usage: veritas rollout start")
    assert invoke_empty("help", "start").stderr.endswith("Did you mean 'rollout start'?\n")
    assert invoke_empty("help", "rollout", "begin").status == 2


def test_code_on_a_page_is_as_long_as_in_the_source() -> None:
    """A terminal continues a long line on the next one, and it can still be copied."""
    sent = ESCAPES.sub("", run_in_terminal("-m", "veritas", "help", "rollout", width=40))
    code = [
        line
        for block in re.findall(r"^```sh.*?\n(.*?)^```", page("rollout"), re.DOTALL | re.M)
        for line in block.splitlines()
        if line
    ]
    assert max(map(len, code)) > 80
    assert all(f"  {line}\n" in sent for line in code)


@pytest.mark.parametrize("group", ["browser", "db", "rollout"])
def test_a_group_lists_whole_summaries(invoke_empty: Invoke, group: str) -> None:
    listed = invoke_empty(group, "--help").stdout.partition("Commands:")[2]
    assert listed and "..." not in listed


@pytest.mark.parametrize(
    ("topic", "remedy"),
    [("reply", "Did you mean 'replay'?"), ("xyzzy", "`veritas help` lists the topics.")],
)
def test_an_unknown_topic_is_one_sentence_and_status_2(invoke_empty: Invoke, topic: str, remedy: str) -> None:
    outcome = invoke_empty("help", topic)
    assert (outcome.status, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(f"Error: No such help topic '{topic}'")
    assert outcome.stderr.endswith(f"{remedy}\n") and outcome.stderr.count("\n") == 1
