"""`veritas schema`"""

from __future__ import annotations

from difflib import get_close_matches

import click

from veritas.cli.lib.options import verbose_option


@click.command("schema")
@click.argument("name", required=False)
@verbose_option
def command(name: str | None) -> None:
    """Print the JSON Schema of an event type or of a command's JSON, or list the schemas.

    NAME is one of the names that `veritas schema` lists. The schemas are generated from the types that VERITAS writes.
    """
    from veritas.cli.lib.output import print_json
    from veritas.cli.lib.table import Column, print_table
    from veritas.cli.schema.schemas import all_schemas

    schemas = all_schemas()
    if name is None:
        rows = ((known, schema.about) for known, schema in schemas.items())
        print_table([Column("name"), Column("describes", fold=True)], rows)
        return
    if name not in schemas:
        close = get_close_matches(name, schemas, n=3, cutoff=0.6)
        if close:
            raise click.UsageError(f"No such schema {name!r}. Did you mean {' or '.join(map(repr, close))}?")
        raise click.UsageError(f"No such schema {name!r}; `veritas schema` lists the schemas.")
    print_json(schemas[name].generate())
