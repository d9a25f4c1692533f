"""JSON Schemas, generated from the types of the values and from their docstrings.

A field's description is its entry under `Attributes:` in the docstring of its class.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
from msgspec.inspect import DataclassType, Field, StructType, Type, TypedDictType, type_info

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# Types of fields in JSON that people and programs read.
Count = Annotated[int, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Time = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]  # RFC 3339, UTC

_ATTRIBUTE = re.compile(r"^    (\w+(?:, \w+)*): ", re.MULTILINE)


def json_schema(kind: Any, name: str, title: str) -> dict[str, Any]:
    """Return the JSON Schema of a struct that this version writes: every field is required, and no other is allowed.

    Args:
        name: The name that its `$id` ends with.
        title: Its title.
    """
    root, definitions = components(kind, written=True)
    own = definitions.pop(root["$ref"].rpartition("/")[2])
    return document(name, title, own, definitions)


def document(name: str, title: str, schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """Return *schema* as a whole document with its own `$id` and the *definitions* that it refers to."""
    head = {"$schema": DIALECT, "$id": f"urn:veritas:schema:{name}", "title": title}
    rest = {key: value for key, value in schema.items() if key != "title"}
    return head | rest | ({"$defs": definitions} if definitions else {})


def components(kind: Any, *, written: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of *kind*, and the definitions that it refers to by `#/$defs/NAME`.

    Args:
        written: Whether it describes what this version writes. If not, a field with a default may be missing, and
            other fields are allowed, because other versions write other fields.
    """
    generated = msgspec.json.schema_components([kind], ref_template="#/$defs/{name}")
    (root,), definitions = msgspec.json.decode(msgspec.json.encode(generated))  # tuples become arrays
    for described in _objects(type_info(kind), set()):
        definition = definitions[described.cls.__name__]
        definition["description"], attributes = read_docstring(described.cls)
        for field in described.fields:
            schema = definition["properties"][field.encode_name]
            if text := attributes.get(field.name):
                schema["description"] = text
            if written:
                schema.pop("default", None)
        if written and not isinstance(described, TypedDictType):
            definition["required"] = [field.encode_name for field in described.fields if not _may_be_left_out(field)]
            definition["additionalProperties"] = False
    return root, definitions


def read_docstring(cls: type) -> tuple[str, dict[str, str]]:
    """Return the description of a class, and those of its fields by name, those of its bases included."""
    attributes: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        text, _, section = inspect.cleandoc(base.__doc__ or "").partition("\nAttributes:\n")
        parts = _ATTRIBUTE.split(section)
        for names, entry in zip(parts[1::2], parts[2::2], strict=True):
            attributes |= dict.fromkeys(names.split(", "), " ".join(entry.split()))
    if dataclasses.is_dataclass(cls):
        described = {field.name: field.metadata.get("description") for field in dataclasses.fields(cls)}
        attributes |= {name: text for name, text in described.items() if text}
    return " ".join(text.split()), attributes


def _may_be_left_out(field: Field) -> bool:
    """Return whether a field's default is `msgspec.UNSET`, which is not written."""
    return not field.required and field.default is field.default_factory is msgspec.NODEFAULT


def _objects(info: Any, seen: set[type]) -> Iterator[StructType | DataclassType | TypedDictType]:
    """Yield the types of objects in a type, each once."""
    if isinstance(info, StructType | DataclassType | TypedDictType):
        if info.cls in seen:
            return
        seen.add(info.cls)
        yield info
    if isinstance(info, Type | Field):
        for name in info.__struct_fields__:
            value = getattr(info, name)
            for part in value if isinstance(value, tuple) else (value,):
                yield from _objects(part, seen)
