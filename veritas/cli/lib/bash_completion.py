"""Completion in bash, which inserts what it is offered as it is: values with special characters are quoted.

Without quotes, bash would take `risk>=suspicious` for a redirection into a file, and run what a tag of an imported
audit has in `$(…)`. Other shells quote what they insert.
"""

from __future__ import annotations

import os
import re

from click.shell_completion import BashComplete, CompletionItem, add_completion_class

_PLAIN = re.compile(r"[\w.,@%+/-]+")  # bash ends a word at some other characters, such as `:` and `=`
_SPECIAL = {"'": "'", '"': '"\\$`!'}  # within quotes, by the quotation mark


class QuotingBashComplete(BashComplete):
    """Offers values in quotes where bash needs them."""

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return what can be inserted for *incomplete*, with quotes unless the user has opened them."""
        words = os.environ["COMP_WORDS"].split("\n")  # as they are typed, which *incomplete* is not
        number = int(os.environ["COMP_CWORD"])
        opened = words[number][:1] if number < len(words) else ""
        items = super().get_completions(args, incomplete)
        if special := _SPECIAL.get(opened):
            return [item for item in items if item.type != "plain" or not set(special) & set(item.value)]
        for item in items:
            if item.type == "plain" and not _PLAIN.fullmatch(item.value):
                item.value = "'" + item.value.replace("'", "'\"'\"'") + "'"
        return items


def use_quoting_completion() -> None:
    """Let click complete in bash with `QuotingBashComplete`."""
    add_completion_class(QuotingBashComplete, "bash")
