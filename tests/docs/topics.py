"""The table of the documentation's pages on the front page, by what someone wants to do."""

from __future__ import annotations

from veritas.cli.help import TOPICS

GROUPS = {
    "Audit": "demo audit batch fleet ci",
    "Record": "record transports rollout",
    "See": "inspect replay serve compare metrics analytics",
    "Prove": "evidence verify redact security",
    "Operate": "configure maintain postgresql scripts",
    "Reference": "events commands glossary design",
}


def table() -> str:
    """Return a Markdown table with a link to each page.

    Raises:
        ValueError: A page is in no group, or in two.
    """
    if sorted(" ".join(GROUPS.values()).split()) != sorted(TOPICS):
        raise ValueError("Each page of the documentation must be in one group.")
    rows = ["| to | pages |", "| --- | --- |"]
    for group, topics in GROUPS.items():
        rows.append(f"| {group} | {', '.join(f'[{topic}](veritas/docs/{topic}.md)' for topic in topics.split())} |")
    return "\n".join(rows)
