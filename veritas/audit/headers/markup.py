"""What a document's markup, as the server sent it, says about security: its scripts, policies, sub-resources, forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from veritas.audit.headers.tags import Tag, read_tags

CONTENT_SECURITY_POLICY = "content-security-policy"
REFERRER_POLICY = "referrer-policy"

MAX_ADDRESS = 8192

# Mixed Content, section 3: what a browser may load over http: all the same, upgraded, and what it blocks.
_PASSIVE_SOURCES = (("img", "src"), ("audio", "src"), ("video", "src"), ("video", "poster"), ("source", "src"))
_ACTIVE_SOURCES = (("script", "src"), ("iframe", "src"), ("frame", "src"), ("embed", "src"), ("object", "data"))
_ACTIVE_LINKS = frozenset({"stylesheet", "preload", "modulepreload", "manifest"})
_PASSIVE_LINKS = frozenset({"icon", "apple-touch-icon"})


@dataclass(frozen=True)
class Script:
    """A script element with a `src`, both attributes as written."""

    src: str
    integrity: str = ""


@dataclass(frozen=True)
class Resource:
    """Something that the document loads; *active* where it could rewrite the page."""

    url: str
    element: str
    active: bool


@dataclass(frozen=True)
class Form:
    """A form, or the fields that stand in none; *action* is absolute."""

    action: str
    method: str
    has_password: bool


@dataclass(frozen=True)
class Markup:
    """A document's markup.

    Attributes:
        scripts: Script elements with a `src`.
        script_count: All script elements, inline ones too.
        meta: What its meta elements declare in place of a header, by lower-case header name.
        resources: What it loads, addresses absolute.
        forms: Its forms.
    """

    scripts: tuple[Script, ...] = ()
    script_count: int = 0
    meta: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    forms: tuple[Form, ...] = ()


def read_markup(text: str, url: str) -> Markup:
    """Return what the markup *text*, served from *url*, says."""
    every_tag = list(read_tags(text))
    tags = [tag for tag in every_tag if not tag.is_end]
    base = next((join(url, tag.get("href")) for tag in tags if tag.name == "base" and tag.get("href")), url)
    return Markup(
        scripts=tuple(Script(tag.get("src"), tag.get("integrity")) for tag in _named(tags, "script") if tag.get("src")),
        script_count=sum(1 for _ in _named(tags, "script")),
        meta=_declarations(tags),
        resources=tuple(_resources(tags, base)),
        forms=tuple(_forms(every_tag, base, url)),
    )


def join(base: str, reference: str) -> str:
    """Return *reference* as an absolute address, or "" where it is none, or longer than any server takes."""
    try:
        return urljoin(base, as_browsers_read(reference)) if len(reference) <= MAX_ADDRESS else ""
    except ValueError:
        return ""


def as_browsers_read(reference: str) -> str:
    """Return an address as the URL standard reads it: no space around, no line breaks within, slashes forward."""
    bare = reference.strip("".join(map(chr, range(0x21)))).translate({9: None, 10: None, 13: None})
    path, mark, query = bare.partition("?")
    return (path.replace("\\", "/") if _is_hierarchical(path) else path) + mark + query


def _is_hierarchical(path: str) -> bool:
    scheme, colon, _ = path.partition(":")
    return not colon or "/" in scheme or "\\" in scheme or scheme.lower() in ("http", "https")


def _named(tags: list[Tag], name: str) -> Iterator[Tag]:
    return (tag for tag in tags if tag.name == name)


def _declarations(tags: list[Tag]) -> dict[str, tuple[str, ...]]:
    """Return the policies in meta elements; of several referrer policies, the last."""
    found: dict[str, list[str]] = {}
    for tag in _named(tags, "meta"):
        content = tag.get("content")
        if not content:
            continue
        if "http-equiv" in tag.attributes:
            if tag.get("http-equiv").strip().lower() == CONTENT_SECURITY_POLICY:
                found.setdefault(CONTENT_SECURITY_POLICY, []).append(content)
        elif tag.get("name").strip().lower() == "referrer":
            found[REFERRER_POLICY] = [content]
    return {name: tuple(contents) for name, contents in found.items()}


def _resources(tags: list[Tag], base: str) -> Iterator[Resource]:
    for tag in tags:
        for sources, active in ((_ACTIVE_SOURCES, True), (_PASSIVE_SOURCES, False)):
            for name, attribute in sources:
                if tag.name == name and tag.get(attribute):
                    yield Resource(join(base, tag.get(attribute)), name, active)
        if tag.name == "link" and tag.get("href"):
            relations = set(tag.get("rel").lower().split())
            if relations & (_ACTIVE_LINKS | _PASSIVE_LINKS):
                yield Resource(join(base, tag.get("href")), "link", bool(relations & _ACTIVE_LINKS))
        elif tag.name == "input" and tag.get("type").lower() == "image" and tag.get("src"):
            yield Resource(join(base, tag.get("src")), "input", False)


def _forms(tags: list[Tag], base: str, url: str) -> Iterator[Form]:
    """Yield the forms in order, and last the fields that stand in none."""
    form: Tag | None = None
    inside: list[Tag] = []
    outside: list[Tag] = []
    for tag in tags:
        if tag.name == "form":
            if form:
                yield _form(form, inside, base, url)
            form, inside = None if tag.is_end else tag, []
        elif tag.name in ("input", "select", "textarea") and not tag.is_end and tag.get("type").lower() != "hidden":
            (inside if form else outside).append(tag)
    if form:
        yield _form(form, inside, base, url)
    if outside:
        yield _form(None, outside, base, url)


def _form(form: Tag | None, fields: list[Tag], base: str, url: str) -> Form:
    action = form.get("action") if form else ""
    return Form(
        action=join(base, action) if action.strip() else url,
        method=(form.get("method").lower() or "get") if form else "",
        has_password=any(tag.get("type").lower() == "password" for tag in fields),
    )
