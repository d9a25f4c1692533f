"""The parser of HTML: the scripts, policies, sub-resources and forms of a document as the server sent it.

`read_tags` finds the tags where a browser finds them, in linear time; `read_markup` collects what matters to the
checks.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

CONTENT_SECURITY_POLICY = "content-security-policy"
REFERRER_POLICY = "referrer-policy"

MAX_URL = 8192  # characters; servers do not accept longer URLs

# Active content can change the page: browsers block it over http:. They upgrade passive content, or load it anyway
# (Mixed Content, section 3).
_ACTIVE_SOURCES = (("script", "src"), ("iframe", "src"), ("frame", "src"), ("embed", "src"), ("object", "data"))
_PASSIVE_SOURCES = (("img", "src"), ("audio", "src"), ("video", "src"), ("video", "poster"), ("source", "src"))
_ACTIVE_LINKS = frozenset({"stylesheet", "preload", "modulepreload", "manifest"})
_PASSIVE_LINKS = frozenset({"icon", "apple-touch-icon"})

# The content of these elements is text up to their own end tag.
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
    """A tag.

    Names are in lower case, character references in values are resolved, and the first of two equal attributes counts.
    """

    name: str
    attributes: dict[str, str]
    is_end: bool = False

    def get(self, name: str) -> str:
        """Return the attribute *name*, or "" if it is missing."""
        return self.attributes.get(name, "")


@dataclass(frozen=True)
class Script:
    """A script element with a `src`; both attributes are as written."""

    src: str
    integrity: str = ""


@dataclass(frozen=True)
class Resource:
    """A resource that the document loads; *active* if it could change the page."""

    url: str
    element: str
    active: bool


@dataclass(frozen=True)
class Form:
    """A form, or the fields outside any form; *action* is an absolute URL."""

    action: str
    method: str
    has_password: bool


@dataclass(frozen=True)
class HtmlMarkup:
    """The parts of an HTML document that the checks read.

    Attributes:
        scripts: The script elements with a `src`.
        script_count: The number of all script elements, inline scripts included.
        meta: The policies that meta elements declare in place of a header, by lower-case header name.
        resources: The resources that the document loads; their URLs are absolute.
        forms: The document's forms.
    """

    scripts: tuple[Script, ...] = ()
    script_count: int = 0
    meta: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    forms: tuple[Form, ...] = ()


def read_markup(text: str, url: str) -> HtmlMarkup:
    """Parse the HTML document *text*, which was served from *url*."""
    all_tags = list(read_tags(text))
    tags = [tag for tag in all_tags if not tag.is_end]
    base = next((absolute_url(url, tag.get("href")) for tag in tags if tag.name == "base" and tag.get("href")), url)
    return HtmlMarkup(
        scripts=tuple(Script(tag.get("src"), tag.get("integrity")) for tag in _named(tags, "script") if tag.get("src")),
        script_count=sum(1 for _ in _named(tags, "script")),
        meta=_policies(tags),
        resources=tuple(_resources(tags, base)),
        forms=tuple(_forms(all_tags, base, url)),
    )


def read_tags(text: str) -> Iterator[Tag]:
    """Yield the tags of *text* in order; text after an unclosed tag or comment is ignored.

    These are the tokens of the HTML standard (section 13.2.5) that are tags, in one pass whose time grows linearly: no
    tree is built and nothing is repaired. The standard library's `html.parser` raises an error on `<![x[`, takes
    minutes for a megabyte of `<a <a <a`, and lets a page hide its scripts from it with `<!-->`.
    """
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


def absolute_url(base: str, reference: str) -> str:
    """Return *reference* as an absolute URL, or "" if it is not a valid reference or longer than `MAX_URL`."""
    try:
        return urljoin(base, normalise_url(reference)) if len(reference) <= MAX_URL else ""
    except ValueError:
        return ""


def normalise_url(reference: str) -> str:
    """Return a URL as the URL standard reads it: no spaces around it, no line breaks within, slashes forward."""
    bare = reference.strip("".join(map(chr, range(0x21)))).translate({9: None, 10: None, 13: None})
    path, mark, query = bare.partition("?")
    return (path.replace("\\", "/") if _is_hierarchical(path) else path) + mark + query


def _is_hierarchical(path: str) -> bool:
    scheme, colon, _ = path.partition(":")
    return not colon or "/" in scheme or "\\" in scheme or scheme.lower() in ("http", "https")


def _named(tags: list[Tag], name: str) -> Iterator[Tag]:
    return (tag for tag in tags if tag.name == name)


def _policies(tags: list[Tag]) -> dict[str, tuple[str, ...]]:
    """Return the policies in meta elements, by header name; only the last referrer policy counts."""
    policies: dict[str, list[str]] = {}
    for tag in _named(tags, "meta"):
        content = tag.get("content")
        if not content:
            continue
        if "http-equiv" in tag.attributes:
            if tag.get("http-equiv").strip().lower() == CONTENT_SECURITY_POLICY:
                policies.setdefault(CONTENT_SECURITY_POLICY, []).append(content)
        elif tag.get("name").strip().lower() == "referrer":
            policies[REFERRER_POLICY] = [content]
    return {name: tuple(contents) for name, contents in policies.items()}


def _resources(tags: list[Tag], base: str) -> Iterator[Resource]:
    for tag in tags:
        for sources, active in ((_ACTIVE_SOURCES, True), (_PASSIVE_SOURCES, False)):
            for name, attribute in sources:
                if tag.name == name and tag.get(attribute):
                    yield Resource(absolute_url(base, tag.get(attribute)), name, active)
        if tag.name == "link" and tag.get("href"):
            relations = set(tag.get("rel").lower().split())
            if relations & (_ACTIVE_LINKS | _PASSIVE_LINKS):
                yield Resource(absolute_url(base, tag.get("href")), "link", bool(relations & _ACTIVE_LINKS))
        elif tag.name == "input" and tag.get("type").lower() == "image" and tag.get("src"):
            yield Resource(absolute_url(base, tag.get("src")), "input", False)


def _forms(tags: list[Tag], base: str, url: str) -> Iterator[Form]:
    """Yield the forms in order, and last the fields outside any form."""
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
        action=absolute_url(base, action) if action.strip() else url,
        method=(form.get("method").lower() or "get") if form else "",
        has_password=any(tag.get("type").lower() == "password" for tag in fields),
    )


def _attributes(text: str, position: int) -> tuple[dict[str, str], int]:
    """Return the attributes of a tag from *position* on, and the position after the tag, or -1 if it is unclosed."""
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
    """Return the position after the comment whose content begins at *position*, or -1 if it is unclosed."""
    for abrupt in (">", "->"):
        if text.startswith(abrupt, position):
            return position + len(abrupt)
    end = _COMMENT_END.search(text, position)
    return end.end() if end else -1


def _after_text(text: str, name: str, position: int) -> int:
    """Return the position after the text content of the element *name*, or -1 if the element is unclosed."""
    if name == "plaintext":
        return -1
    if name not in _TEXT_ENDS:
        return position
    end = _TEXT_ENDS[name].search(text, position)
    return end.start() if end else -1


def _after(text: str, mark: str, position: int) -> int:
    index = text.find(mark, position)
    return index + len(mark) if index >= 0 else -1


def _end(pattern: re.Pattern[str], text: str, position: int) -> int:
    match = pattern.match(text, position)
    return match.end() if match else position
