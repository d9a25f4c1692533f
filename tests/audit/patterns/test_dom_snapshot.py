"""The collector reads what people see, in every part of the page, and no page can prevent it."""

from __future__ import annotations

import pytest

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import TakeSnapshot, page
from veritas.audit.browser import Browser
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.virtual_time import LIMITS, VirtualTimePage

ODD_DOM = """
<form name=documentElement id=f><input name=children><input name=parentNode><input name=firstChild><input name=id>
  <input name=getBoundingClientRect><button>Pay</button></form>
<img name=createElement><p>In stock</p>
<script>
  Array.prototype.map = Array.prototype.push = () => { throw new Error("no") };
  JSON.stringify = () => "{}"; JSON.parse = () => { throw new Error("no") };
  Object.prototype.get = 1; window.getComputedStyle = null; performance.now = () => NaN; Map = null;
  for (const name of ["contains", "firstChild"]) Object.defineProperty(Node.prototype, name, { value: null });
  const cycle = {}; cycle.self = cycle; document.body.cycle = cycle;
</script>
"""


def innermost(snapshot: Snapshot, text: str) -> Element:
    """Return the innermost element with this text."""
    return next(element for element in reversed(snapshot.elements) if element.text == text)


async def test_style_is_computed(snapshot_of: TakeSnapshot) -> None:
    """Colour, background, size and weight are the values with which the browser draws."""
    snapshot = await snapshot_of(
        "<style>div { background: rgb(10, 20, 30) } p { color: hsl(0 100% 50%); font: bold 20px serif }"
        "</style><div><p id=it>Words</p></div>"
    )
    element = snapshot.find("#it")
    assert element is not None
    assert (element.colour, element.font_size, element.bold) == ((255, 0, 0), 20, True)
    assert element.background == (10, 20, 30)
    assert element.unclear == ""


async def test_text_is_not_cut_inside_a_character(snapshot_of: TakeSnapshot) -> None:
    """A character of two UTF-16 units at the limit is kept or left out as a whole."""
    limit = LIMITS["text"]
    long = "a" * (limit - 1) + "😀 tail"
    snapshot = await snapshot_of(
        f"<p>{long}</p><button aria-label='{long}'>.</button><p id=l>{long}</p>"
        f"<input id={'b' * 199}😀x aria-labelledby=l name={'n' * 199}😀><input value='{long}'>"
    )
    texts = [text for element in snapshot.elements for text in vars(element).values() if isinstance(text, str)]
    assert any(len(text) == limit - 1 for text in texts)
    assert not any("\ud800" <= character <= "\udfff" for text in texts for character in text)


async def test_hidden_text_is_not_read(snapshot_of: TakeSnapshot) -> None:
    """The way in which a text is hidden does not matter."""
    snapshot = await snapshot_of(
        "<style>.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip: rect(0 0 0 0) }</style>"
        "<main>seen <i style='display: none'>a</i><i style='visibility: hidden'>b</i><i style='opacity: 0'>c</i>"
        "<i class=sr>d</i><i style='position: absolute; left: -9999px'>e</i><i style='font-size: 0'>f</i>"
        "<i style='display: block; height: 0; overflow: hidden'>g</i><i hidden>h</i></main>"
    )
    assert innermost(snapshot, "seen").tag == "main"


async def test_a_run_of_text_is_one_text(snapshot_of: TakeSnapshot) -> None:
    """Inline parts belong to their run; blocks and flex items are separate."""
    snapshot = await snapshot_of(
        "<p>Only<b> 3 </b>left</p><p>Just <i style='display: inline-block'>4</i> more <button>Buy</button></p>"
        "<div style='display: flex'><span>02</span>:<span>13</span></div>"
    )
    assert [element.text for element in snapshot.texts] == ["Only 3 left", "4", "Buy", "02", "13"]
    assert innermost(snapshot, "Just 4 more Buy").own_text == "Just more"
    assert innermost(snapshot, "02 : 13").tag == "div"


async def test_shadow_trees_and_same_origin_frames_are_read(snapshot_of: TakeSnapshot) -> None:
    """Their elements have coordinates of the page."""
    snapshot = await snapshot_of(
        "<div id=host><i>slotted</i></div><iframe id=inner srcdoc='<p>framed</p>' style='margin-left: 300px'></iframe>"
        "<script>host.attachShadow({mode: 'open'}).innerHTML = '<p>in shadow <slot></slot></p>'</script>"
    )
    assert innermost(snapshot, "in shadow slotted").selector == "#host >> p:nth-of-type(1)"
    framed = innermost(snapshot, "framed")
    assert framed.selector == "#inner >> body > p:nth-of-type(1)"
    assert framed.rect[0] > 300


async def test_frames_of_other_sites_are_counted(site: Site, browser: Browser) -> None:
    """They cannot be read, and the snapshot states how many there are."""
    site.page("/inner", "<p>theirs</p>")
    url = site.page("/", page(f"<iframe src='{site.url('/inner', host='localhost')}'></iframe>"))
    async with await browser.visit(url, virtual_time=True) as tab:
        snapshot = await VirtualTimePage(tab).snapshot()
    assert snapshot.closed_frames == 1


async def test_selectors_are_unique_and_find_their_elements(site: Site, browser: Browser) -> None:
    """Each finds its own element and no other; generated and repeated ids are not used."""
    body = "<div id=a><p>1<p id=x>2<p id=x>3</div><ul><li id=item98765>4<li>5</ul><section><p>6</section>"
    async with await browser.visit(site.page("/", page(body)), virtual_time=True) as tab:
        snapshot = await VirtualTimePage(tab).snapshot()
        selectors = [element.selector for element in snapshot.elements]
        counts = await tab.evaluate("selectors => selectors.map(s => document.querySelectorAll(s).length)", selectors)
        texts = await tab.evaluate("selectors => selectors.map(s => document.querySelector(s).innerText)", selectors)
    assert len(set(selectors)) == len(selectors)
    assert set(counts) == {1}
    shown = [(element.text or "").split() for element in snapshot.elements]
    assert shown == [text.split() for text in texts]
    assert not any("98765" in selector or "#x" in selector for selector in selectors)


async def test_rectangles_do_not_depend_on_scrolling(site: Site, browser: Browser) -> None:
    """They are in coordinates of the page, not of the window."""
    url = site.page("/", page("<p style='margin-top: 3000px' id=it>Far down</p><p style='margin-top: 3000px'>.</p>"))
    async with await browser.visit(url, virtual_time=True) as tab:
        virtual_page = VirtualTimePage(tab)
        before = await virtual_page.snapshot()
        await virtual_page.evaluate("window.scrollTo(0, 2500)")
        after = await virtual_page.snapshot()
    assert before.find("#it") == after.find("#it")
    assert before.find("#it").rect[1] == 3000  # type: ignore[union-attr]


async def test_controls_are_read_with_their_labels(snapshot_of: TakeSnapshot) -> None:
    """Invisible boxes count if their labels are visible; ARIA switches count like boxes."""
    snapshot = await snapshot_of(
        "<input type=checkbox id=a checked style='opacity: 0'><label for=a>Insurance</label>"
        "<div role=switch id=b aria-checked=true aria-label=Donation tabindex=0>.</div>"
        "<span id=wrap>Gift wrap</span><input type=checkbox id=c aria-labelledby=wrap>"
        "<select id=d><option>None<option selected>Express $9</select>"
    )
    a, b, c, d = (snapshot.find(f"#{name}") for name in "abcd")
    assert a is not None
    assert (a.control, a.checked, a.label, a.visible, a.label_visible) == ("checkbox", True, "Insurance", False, True)
    assert b is not None
    assert (b.control, b.checked, b.label) == ("switch", True, "Donation")
    assert c is not None
    assert (c.checked, c.label) == (False, "Gift wrap")
    assert d is not None
    assert [(option.text, option.selected) for option in d.options] == [("None", False), ("Express $9", True)]


async def test_a_hostile_page_is_read_like_others(snapshot_of: TakeSnapshot) -> None:
    """Redefined prototypes, form controls named like properties, and cycles hide nothing."""
    snapshot = await snapshot_of(ODD_DOM)
    assert innermost(snapshot, "In stock").tag == "p"
    assert innermost(snapshot, "Pay").clickable


@pytest.mark.parametrize("limit", [LIMITS["elements"] // 10, pytest.param(LIMITS["elements"], marks=pytest.mark.slow)])
async def test_the_snapshot_of_a_huge_page_is_truncated(
    snapshot_of: TakeSnapshot, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has at most the limit of elements, and is marked as truncated."""
    monkeypatch.setitem(LIMITS, "elements", limit)
    paragraphs = 2 * limit
    snapshot = await snapshot_of(f"<script>document.body.innerHTML = '<p>x</p>'.repeat({paragraphs})</script>")
    assert snapshot.truncated
    assert 0 < len(snapshot.elements) <= limit


async def test_the_snapshot_of_a_deep_page_is_truncated(snapshot_of: TakeSnapshot) -> None:
    """Two thousand nested elements do not overflow the collector's stack."""
    snapshot = await snapshot_of(
        "<script>let at = document.body;"
        "for (let i = 0; i < 2000; i++) at = at.appendChild(document.createElement('div'))</script>"
    )
    assert snapshot.truncated


async def test_descendants_and_ancestors_agree(snapshot_of: TakeSnapshot) -> None:
    """An element is a descendant of each of its ancestors, and of no other element."""
    snapshot = await snapshot_of("<div><p>a <b>b</b></p><ul><li>c<li>d</ul></div><p>e</p>")
    for element in snapshot.elements:
        containers = [outer for outer in snapshot.elements if element in snapshot.descendants(outer)]
        assert containers == list(snapshot.ancestors(element))[::-1]


async def test_closed_shadow_trees_are_read(snapshot_of: TakeSnapshot) -> None:
    """A ticked box in one is seen like any other."""
    snapshot = await snapshot_of(
        "<div id=host></div><x-box></x-box><script>for (const host of document.querySelectorAll('#host, x-box'))"
        "host.attachShadow({mode: 'closed'}).innerHTML ="
        "'<label><input type=checkbox checked>Insurance</label>'</script>"
    )
    boxes = [element for element in snapshot.elements if element.control == "checkbox"]
    assert [(box.checked, box.label, box.visible) for box in boxes] == [(True, "Insurance", True)] * 2
    assert boxes[0].selector.startswith("#host >> ")
