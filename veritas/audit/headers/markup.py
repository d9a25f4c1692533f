"""What a document's markup, as the server sent it, says about security: its scripts, policies, sub-resources, forms."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

# What stands in these elements is text, up to their own end tag.
_TEXT_ELEMENTS = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
_TEXT_ENDS = {name: re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE) for name in _TEXT_ELEMENTS}
_COMMENT_END = re.compile(r"--!?>")
_NAME = re.compile(r"[a-zA-Z][^ \t\n\f\r/>]*")
_SPACE = re.compile(r"[ \t\n\f\r/]*")
_ATTRIBUTE_NAME = re.compile(r"=?[^ \t\n\f\r/>=]*")
_EQUALS = re.compile(r"[ \t\n\f\r]*=[ \t\n\f\r]*")
_BARE_VALUE = re.compile(r"[^ \t\n\f\r>]*")


@dataclass(frozen=True)
class Tag:
    """A tag: its name and attribute names in lower case, references in the values resolved, first ones kept."""

    name: str
    attributes: dict[str, str]
    is_end: bool = False

    def get(self, name: str) -> str:
        """Return the attribute *name*, or "" where there is none."""
        return self.attributes.get(name, "")


def read_tags(text: str) -> Iterator[Tag]:
    """Yield the tags of *text* in order; whatever follows a tag or a comment that never ends is passed over."""
    position = text.find("<")
    while position >= 0:
        if text.startswith("<!--", position):
            end = _after_comment(text, position + 4)
        elif text[position + 1 : position + 2] in ("!", "?"):
            end = _after(text, ">", position + 2)
        else:
            is_end_tag = text.startswith("/", position + 1)
            name = _NAME.match(text, position + 1 + is_end_tag)
            if name:
                attributes, end = _attributes(text, name.end())
                if end >= 0:
                    tag = Tag(name[0].lower(), attributes, is_end_tag)
                    yield tag
                    end = end if is_end_tag else _after_text(text, tag.name, end)
            else:
                end = _after(text, ">", position + 2) if is_end_tag else position + 1
        position = text.find("<", end) if end >= 0 else -1


def _attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    """Return the attributes from *position* on and the place after the tag, which is -1 where it never ends."""
    attributes: dict[str, str] = {}
    while True:
        position = _end(_SPACE, text, position)
        if position >= len(text):
            return attributes, -1
        if text[position] == ">":
            return attributes, position + 1
        start, position = position, _end(_ATTRIBUTE_NAME, text, position)
        name = text[start:position].lower()
        value = ""
        equals = _EQUALS.match(text, position)
        if equals:
            position = equals.end()
            quote = text[position : position + 1]
            if quote in ('"', "'"):
                closing = text.find(quote, position + 1)
                if closing < 0:
                    return attributes, -1
                value, position = text[position + 1 : closing], closing + 1
            else:
                start, position = position, _end(_BARE_VALUE, text, position)
                value = text[start:position]
        attributes.setdefault(name, html.unescape(value))


def _after_comment(text: str, position: int) -> int:
    for abrupt in (">", "->"):
        if text.startswith(abrupt, position):
            return position + len(abrupt)
    end = _COMMENT_END.search(text, position)
    return end.end() if end else -1


def _after_text(text: str, name: str, position: int) -> int:
    if name == "plaintext":
        return -1
    if name not in _TEXT_ENDS:
        return position
    end = _TEXT_ENDS[name].search(text, position)
    return end.start() if end else -1


def _after(text: str, mark: str, position: int) -> int:
    found = text.find(mark, position)
    return found + len(mark) if found >= 0 else -1


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    matched = pattern.match(text, position)
    return matched.end() if matched else position


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
