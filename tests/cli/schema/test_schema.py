"""`veritas schema`"""

from __future__ import annotations

import json

import pytest

from tests.cli.invoking import Invoke
from veritas.cli.schema.schemas import all_schemas


def test_without_a_name_it_lists_the_schemas(invoke_empty: Invoke) -> None:
    """Each with what it describes."""
    listed = invoke_empty("schema")
    assert [line.partition("\t")[0] for line in listed.stdout.splitlines()[1:]] == list(all_schemas())


def test_it_prints_one_schema(invoke_empty: Invoke) -> None:
    """As one JSON document."""
    assert json.loads(invoke_empty("schema", "finding").stdout) == all_schemas()["finding"].generate()


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("findings", ". Did you mean 'finding'?"), ("xyzzy", "; `veritas schema` lists the schemas.")],
)
def test_an_unknown_name_is_refused_with_what_there_is(invoke_empty: Invoke, name: str, remedy: str) -> None:
    """In one sentence, with exit status 2."""
    refused = invoke_empty("schema", name)
    assert (refused.status, refused.stdout) == (2, "")
    assert refused.stderr == f"Error: No such schema {name!r}{remedy}\n"
