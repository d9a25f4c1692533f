"""The coverage of a verdict: how much of what each signal rests on was examined, and what was not.

The share of a signal is calculated as follows:

1. The signals of the content (`CONTENT`) rest on the pages that the audit went to. Pages beyond the tier's number are
   not among them. A page that could not be visited, or that shows nothing of the site, has a share of 0.
2. Everything that could not be examined on a page takes its part (`_loss`) of what is left of the page's share. So
   many small gaps come near 0, but never reach it. Gaps of the same kind, such as the contrasts of ten buttons, are one
   gap with a number.
3. The share of a signal is the mean of its pages' shares, but at most that of the start page, which is the page that
   was asked for.
4. `security` rests on the tests of the headers, and `graph` on the checks of who runs the site. Their share is the
   number of answers divided by the number of questions; a further gap is one more question without an answer.
   Questions that do not apply to the site, such as encryption on this machine, are not counted.

No share rises if a page or an answer is taken away, or if one more thing could not be examined.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from veritas.audit.blank_page import why_blank
from veritas.audit.identity.consistency import EVIDENCE
from veritas.audit.page import PageFacts
from veritas.audit.phase import Summaries
from veritas.audit.summaries import GraphSummary, ScoutSummary, SecuritySummary, UnknownTest
from veritas.audit.unexamined import FRAMES, PAGE, REST_OF_PAGE, TEXTS, UNLOADED, Unexamined, unloaded

CONTENT = ("visual", "structural", "temporal", "meta")

# The part of a signal that rests on words. The detectors of `meta` read nothing else; most of the visual and structural
# ones need words to find what they measure; clocks are found without words.
_PART_OF_WORDS = {"visual": 0.5, "structural": 0.5, "temporal": 0.0, "meta": 1.0}

# A page is not read if this share of its texts is in a language that is not read: many texts are numbers and names.
_UNREAD = 0.5

# A frame of another site mostly shows an advertisement, a video or a map. A page that is only a frame has no text.
_FRAME_LOSS, _FRAMES_LOSS = 0.05, 0.25
_UNLOADED_LOSS = 0.5  # a page that loads more than nearly every other page may show anything
_REST_LOSS = 0.3  # the elements that are examined first are most of nearly every page
_MOST_OF_A_GAP = 0.5  # of any other gap, however often it occurs: the rest of the signal's detectors had an answer

_NOT_SCOUTED = "It is not known what pages the site has, and what they show before they are examined."
_NO_SUCH_PAGE = (404, 410)  # a dead link leads to nothing that could be examined


@dataclass(frozen=True)
class Coverage:
    """The part of the evidence that was examined.

    Attributes:
        shares: The share of each signal that was examined, 0-1; None if the signal does not apply to the site.
        reasons: For each signal without any share, the reason in a sentence.
        unexamined: What could not be examined.
        unseen: Why nothing was seen of the start page, in a sentence; None if something was.
        largest_gap: Why the largest part of the content was not examined, in a sentence; empty without a gap.
    """

    shares: Mapping[str, float | None]
    reasons: Mapping[str, str]
    unexamined: tuple[Unexamined, ...]
    unseen: str | None
    largest_gap: str

    def over(self, weights: Mapping[str, float]) -> float:
        """Return the weighted mean of the shares of the signals in *weights*, without those that do not apply."""
        known = [(weight, share) for name, weight in weights.items() if (share := self.shares[name]) is not None]
        total = math.fsum(weight for weight, _ in known)
        return math.fsum(weight * share for weight, share in known) / total if total else 0.0


def coverage_of(summaries: Summaries) -> Coverage:
    """Return the part of the evidence that the phases examined."""
    pages = _Pages(summaries)
    gaps = [
        *pages.unexamined,
        *_unanswered_tests(summaries.security, pages.start),
        *_unanswered_checks(summaries.graph),
    ]
    further = [item for item in pages.unexamined if item.signal not in ("", *CONTENT)]
    security, graph = _security_share(summaries.security, further), _graph_share(summaries.graph, further)
    shares: dict[str, float | None] = {name: pages.share(name) for name in CONTENT}
    shares |= {"graph": graph, "security": security}
    reasons = {name: pages.why_unexamined(name) for name in CONTENT if not shares[name]}
    if not graph:
        reasons["graph"] = _why_no_graph(summaries.graph, applies=graph is not None)
    if not security:
        reasons["security"] = _why_no_security(summaries.security)
    phases = [
        Unexamined(pages.start, what, reason, signal)
        for what, reason, signal, summary in (
            ("dark patterns", reasons.get("visual", ""), "", summaries.vision),
            ("who runs the site", reasons.get("graph", ""), "graph", summaries.graph),
            ("the connection", reasons.get("security", ""), "security", summaries.security),
            ("the site's pages", _NOT_SCOUTED, "", summaries.scout),
        )
        if summary is None
    ]
    return Coverage(shares, reasons, tuple(dict.fromkeys([*phases, *gaps])), pages.unseen, pages.largest_gap(*CONTENT))


class _Pages:
    """The pages that the audit went to, and what could not be examined on each."""

    def __init__(self, summaries: Summaries) -> None:
        scout, self._vision = summaries.scout, summaries.vision
        vision, self._scouted = self._vision, scout is not None
        self._texts = {page.url: page.texts for page in vision.pages} if vision else {}
        self.start = scout.url if scout else next(iter(self._texts), "")
        found = [*_pages_not_seen(scout, self._texts), *(vision.unknown if vision else ()), *_gaps_of(scout)]
        self.unseen = next((item.why for item in found if item.url == self.start and item.what == PAGE), None)
        urls = dict.fromkeys([self.start, *_existing(scout), *self._texts])
        urls |= dict.fromkeys(item.url for item in found if item.what == PAGE)
        missing = {item.url for item in found if item.what == PAGE}
        if vision and vision.pages:
            never = [url for url in urls if url not in self._texts and url not in missing]
            found += [Unexamined(url, PAGE, "It was not examined for dark patterns.") for url in never]
        self.unexamined = found
        self._by_url: dict[str, list[Unexamined]] = {url: [] for url in urls}
        for item in found:
            self._by_url.get(item.url, self._by_url[self.start]).append(item)

    def share(self, signal: str) -> float:
        """Return the share of a signal of the content that was examined."""
        if not self._scouted or self._vision is None or not self._vision.pages:
            return 0.0
        shares = {url: self._share_of(url, items, signal) for url, items in self._by_url.items()}
        return round(min(math.fsum(shares.values()) / len(shares), shares[self.start]), 4)

    def why_unexamined(self, signal: str) -> str:
        """Return in a sentence why nothing was examined for a signal of the content."""
        if self._vision is None:
            return "The search for dark patterns did not end."
        if not self._vision.pages:
            return "No page could be examined for dark patterns."
        if not self._scouted:
            return _NOT_SCOUTED
        return self.unseen or self.largest_gap(signal)

    def largest_gap(self, *signals: str) -> str:
        """Return why the largest part of a page was not examined for *signals*, in a sentence; empty without a gap."""
        losses = {
            item.why: sum(_loss(item, signal, self._texts.get(url, 0)) for signal in signals)
            for url, items in self._by_url.items()
            for item in items
        }
        return max(losses, key=lambda why: losses[why], default="")

    def _share_of(self, url: str, items: Iterable[Unexamined], signal: str) -> float:
        """Return the share of a page that was examined for *signal*."""
        return math.prod(1 - _loss(item, signal, self._texts.get(url, 0)) for item in _merged(items))


def _merged(items: Iterable[Unexamined]) -> Iterator[Unexamined]:
    """Yield one item for those of the same kind, with the number of all; their reasons may differ."""
    kinds: dict[tuple[str, str], list[Unexamined]] = defaultdict(list)
    for item in items:
        kinds[item.what, item.signal].append(item)
    for same in kinds.values():
        yield msgspec.structs.replace(same[0], count=sum(item.count for item in same))


def _loss(item: Unexamined, signal: str, texts: int) -> float:
    """Return the part of a page's share that *item* takes from a signal of the content."""
    if item.what == TEXTS:
        return _PART_OF_WORDS[signal] * (min(1.0, item.count / (_UNREAD * texts)) if texts else 1.0)
    if item.signal not in ("", signal):
        return 0.0
    if item.what == PAGE:
        return 1.0
    if item.what == REST_OF_PAGE:
        return _REST_LOSS
    if item.what == UNLOADED:
        return _UNLOADED_LOSS
    if item.what == FRAMES:
        return min(_FRAME_LOSS * item.count, _FRAMES_LOSS)
    return _MOST_OF_A_GAP * item.count / (item.count + 1)


def _existing(scout: ScoutSummary | None) -> Iterator[str]:
    """Yield the URLs of the visited pages, except those of dead links."""
    for page in scout.pages if scout else ():
        if page.status not in _NO_SUCH_PAGE:
            yield page.url


def _pages_not_seen(scout: ScoutSummary | None, texts: Mapping[str, int]) -> Iterator[Unexamined]:
    """Yield the pages that could not be visited, or that show nothing of the site."""
    if scout is None:
        yield from (Unexamined(url, PAGE, "The page shows no text.") for url, count in texts.items() if not count)
        return
    if scout.status >= 400:
        yield Unexamined(scout.url, PAGE, f"The page is an error page (status {scout.status}).")
    yield from (Unexamined(failed.url, PAGE, failed.error, kind=failed.kind or "") for failed in scout.failed_pages)
    for page in scout.pages:
        if page.status < 400:
            if reason := why_blank(page, texts.get(page.url)):
                yield Unexamined(page.url, PAGE, reason)
        elif page.url != scout.url and page.status not in _NO_SUCH_PAGE:
            yield Unexamined(page.url, PAGE, f"The page is an error page (status {page.status}).")


def _gaps_of(scout: ScoutSummary | None) -> Iterator[Unexamined]:
    """Yield what the scout did not see of the pages."""
    for page in scout.pages if scout else ():
        yield from _gaps_of_page(page)


def _gaps_of_page(page: PageFacts) -> Iterator[Unexamined]:
    yield from unloaded(page.url, page.limits_reached or ())
    if not page.complete:
        yield Unexamined(page.url, "what loads late", "The page had not finished loading when it was examined.")
    if page.requires_login:
        yield Unexamined(page.url, "the page after the login", f"The page requires a login: {page.login_reason}.")
    if page.text_length > len(page.text):
        why = f"Only the first {len(page.text):,} characters of the text are read for the owner's name and address."
        yield Unexamined(page.url, "the end of the text", why, signal="graph")
    for what, listed, number in (
        ("forms", len(page.forms), page.forms_count),
        ("requests", len(page.requests), page.requests_count),
    ):
        if number > listed:
            why = f"Only the first {listed:,} of them are recorded."
            yield Unexamined(page.url, what, why, signal="security", count=number - listed)


def _unanswered_tests(security: SecuritySummary | None, url: str) -> Iterator[Unexamined]:
    for unknown in unanswered_tests(security) if security else ():
        yield Unexamined(url, f"the test {unknown.test}", _sentence(unknown.reason), signal="security")


def unanswered_tests(security: SecuritySummary) -> Sequence[UnknownTest]:
    """Return the tests without an answer that apply to the site."""
    return [test for test in security.unknown if test.applies is not False]


def _unanswered_checks(graph: GraphSummary | None) -> Iterator[Unexamined]:
    for check in graph.agreements if graph else ():
        if graph and check.basis in EVIDENCE and check.answer == "unknown":
            yield Unexamined(graph.url, f"the check {check.question}", _sentence(check.detail), signal="graph")


def _security_share(security: SecuritySummary | None, further: Iterable[Unexamined]) -> float:
    if security is None or security.score is None:
        return 0.0
    gaps = sum(1 for item in further if item.signal == "security") + len(unanswered_tests(security))
    return _answered_share(len(security.checks) or 1, gaps)


def _graph_share(graph: GraphSummary | None, further: Iterable[Unexamined]) -> float | None:
    if graph is None:
        return 0.0
    if not graph.answered and not graph.unanswered and not graph.host.public and not graph.requested_host.public:
        return None
    return _answered_share(graph.answered, graph.unanswered + sum(1 for item in further if item.signal == "graph"))


def _answered_share(answered: int, unanswered: int) -> float:
    return round(answered / (answered + unanswered), 4) if answered else 0.0


def _why_no_security(security: SecuritySummary | None) -> str:
    return "The check of the page's security did not end." if security is None else "The security phase has no score."


def _why_no_graph(graph: GraphSummary | None, *, applies: bool) -> str:
    if graph is None:
        return "The check of who runs the site did not end."
    if not applies:
        return "The host is not on the public internet, where it could be checked who runs the site."
    return "No check of who runs the site could be answered."


def _sentence(text: str) -> str:
    """Return a reason as a sentence; some are parts of one."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else "No reason is known."
