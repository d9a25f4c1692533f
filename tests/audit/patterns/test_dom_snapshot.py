"""The collector sees what people see, wherever it stands, and no page keeps it from that."""

from __future__ import annotations

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import Look, page
from veritas.audit.browser import Browser
from veritas.audit.patterns.dom_snapshot import Element, Snapshot
from veritas.audit.patterns.virtual_time import LIMITS, LivePage

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


def saying(snapshot: Snapshot, text: str) -> Element:
    """Return the innermost element with this text."""
    return next(element for element in reversed(snapshot.elements) if element.text == text)


async def test_style_is_computed(look: Look) -> None:
    """Colour, background, size, weight and opacity are those that the browser draws with."""
    snapshot = await look(
        "<style>div { background: rgb(10, 20, 30); opacity: .5 } p { color: hsl(0 100% 50%); font: bold 20px serif }"
        "</style><div><p id=it>Words</p></div>"
    )
    element = snapshot.at("#it")
    assert element is not None
    assert (element.colour, element.font, element.bold, element.opacity) == ((255, 0, 0, 1), 20, True, 0.5)
    assert element.background == (10, 20, 30)
    assert element.plain


async def test_modern_colours_are_understood(look: Look) -> None:
    """A colour that is no rgb() is measured as it is painted."""
    snapshot = await look("<p id=it style='color: oklch(1 0 0); background: color(srgb 0 0 0)'>Words</p>")
    element = snapshot.at("#it")
    assert element is not None
    assert (element.colour, element.background) == ((255, 255, 255, 1), (0, 0, 0))


async def test_half_transparent_backgrounds_lie_over_each_other(look: Look) -> None:
    """The colour behind a text is what shows through all its ancestors."""
    snapshot = await look(
        "<div style='background: #000'><p id=it style='background: rgb(255 255 255 / .5)'>W</p></div>"
    )
    element = snapshot.at("#it")
    assert element is not None
    assert element.background == (128, 128, 128)


async def test_an_image_behind_text_is_no_colour(look: Look) -> None:
    """Over a gradient the background is not plain, until something opaque covers it."""
    snapshot = await look(
        "<div style='background: linear-gradient(red, blue)'>"
        "<p id=a>On it</p><p id=b style='background: #fff'>Off it</p>"
    )
    on, off = snapshot.at("#a"), snapshot.at("#b")
    assert on is not None
    assert off is not None
    assert (on.plain, off.plain) == (False, True)


async def test_hidden_text_is_not_seen(look: Look) -> None:
    """What nobody can see is no text of the page, in whatever way it is hidden."""
    snapshot = await look(
        "<style>.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip: rect(0 0 0 0) }</style>"
        "<main>seen <i style='display: none'>a</i><i style='visibility: hidden'>b</i><i style='opacity: 0'>c</i>"
        "<i class=sr>d</i><i style='position: absolute; left: -9999px'>e</i><i style='font-size: 0'>f</i>"
        "<i style='display: block; height: 0; overflow: hidden'>g</i><i hidden>h</i></main>"
    )
    assert saying(snapshot, "seen").tag == "main"


async def test_runs_of_text_are_whole(look: Look) -> None:
    """Inline parts join their run; blocks and flex items stand apart."""
    snapshot = await look(
        "<p>Only<b> 3 </b>left</p><p>Just <i style='display: inline-block'>4</i> more <button>Buy</button></p>"
        "<div style='display: flex'><span>02</span>:<span>13</span></div>"
    )
    assert [element.text for element in snapshot.texts] == ["Only 3 left", "4", "Buy", "02", "13"]
    assert saying(snapshot, "Just 4 more Buy").own == "Just more"
    assert saying(snapshot, "02 : 13").tag == "div"


async def test_shadow_trees_and_own_frames_are_entered(look: Look) -> None:
    """A web component and a same-origin frame are read like the rest, in the coordinates of the page."""
    snapshot = await look(
        "<div id=host><i>slotted</i></div><iframe id=inner srcdoc='<p>framed</p>' style='margin-left: 300px'></iframe>"
        "<script>host.attachShadow({mode: 'open'}).innerHTML = '<p>in shadow <slot></slot></p>'</script>"
    )
    assert saying(snapshot, "in shadow slotted").selector == "#host >> p:nth-of-type(1)"
    framed = saying(snapshot, "framed")
    assert framed.selector == "#inner >> body > p:nth-of-type(1)"
    assert framed.rect[0] > 300


async def test_frames_of_other_sites_are_counted(site: Site, browser: Browser) -> None:
    """What cannot be looked into is said to be so."""
    site.page("/inner", "<p>theirs</p>")
    url = site.page("/", page(f"<iframe src='{site.url('/inner', host='localhost')}'></iframe>"))
    async with await browser.visit(url, clock=True) as tab:
        snapshot = await LivePage(tab).snapshot()
    assert snapshot.closed_frames == 1


async def test_selectors_are_unique_and_lead_back(site: Site, browser: Browser) -> None:
    """Every selector finds its own element, and only that; ids that look made up or stand twice are not used."""
    body = "<div id=a><p>1<p id=x>2<p id=x>3</div><ul><li id=item98765>4<li>5</ul><section><p>6</section>"
    async with await browser.visit(site.page("/", page(body)), clock=True) as tab:
        snapshot = await LivePage(tab).snapshot()
        selectors = [element.selector for element in snapshot.elements]
        counts = await tab.evaluate("selectors => selectors.map(s => document.querySelectorAll(s).length)", selectors)
        texts = await tab.evaluate("selectors => selectors.map(s => document.querySelector(s).innerText)", selectors)
    assert len(set(selectors)) == len(selectors)
    assert set(counts) == {1}
    shown = [(element.text or "").split() for element in snapshot.elements]
    assert shown == [text.split() for text in texts]
    assert not any("98765" in selector or "#x" in selector for selector in selectors)


async def test_rectangles_are_the_pages_even_when_it_is_scrolled(site: Site, browser: Browser) -> None:
    """Where an element stands does not depend on where the window is."""
    url = site.page("/", page("<p style='margin-top: 3000px' id=it>Far down</p><p style='margin-top: 3000px'>.</p>"))
    async with await browser.visit(url, clock=True) as tab:
        live = LivePage(tab)
        before = await live.snapshot()
        await live.ask("window.scrollTo(0, 2500)")
        after = await live.snapshot()
    assert before.at("#it") == after.at("#it")
    assert before.at("#it").rect[1] == 3000  # type: ignore[union-attr]


async def test_controls_are_read_with_their_labels(look: Look) -> None:
    """Boxes that are styled away count by their labels; ARIA's switches count like boxes."""
    snapshot = await look(
        "<input type=checkbox id=a checked style='opacity: 0'><label for=a>Insurance</label>"
        "<div role=switch id=b aria-checked=true aria-label=Donation tabindex=0>.</div>"
        "<span id=said>Gift wrap</span><input type=checkbox id=c aria-labelledby=said>"
        "<select id=d><option>None<option selected>Express $9</select>"
    )
    a, b, c, d = (snapshot.at(f"#{name}") for name in "abcd")
    assert a is not None
    assert (a.control, a.checked, a.label, a.visible, a.label_seen) == ("checkbox", True, "Insurance", False, True)
    assert b is not None
    assert (b.control, b.checked, b.label) == ("switch", True, "Donation")
    assert c is not None
    assert (c.checked, c.label) == (False, "Gift wrap")
    assert d is not None
    assert [(option.text, option.selected) for option in d.options] == [("None", False), ("Express $9", True)]


async def test_a_hostile_page_is_read_all_the_same(look: Look) -> None:
    """Redefined prototypes, form controls named like properties, and cycles keep nothing back."""
    snapshot = await look(ODD_DOM)
    assert saying(snapshot, "In stock").tag == "p"
    assert saying(snapshot, "Pay").clickable


async def test_a_huge_page_is_cut_and_says_so(look: Look) -> None:
    """A page without end gives as many elements as are looked at, and is marked as cut."""
    snapshot = await look("<script>document.body.innerHTML = '<p>x</p>'.repeat(200000)</script>")
    assert snapshot.truncated
    assert len(snapshot.elements) <= LIMITS["elements"]


async def test_a_deep_page_is_cut_and_says_so(look: Look) -> None:
    """Two thousand elements, each in the one before, do not overflow the collector."""
    snapshot = await look(
        "<script>let at = document.body;"
        "for (let i = 0; i < 2000; i++) at = at.appendChild(document.createElement('div'))</script>"
    )
    assert snapshot.truncated


async def test_descendants_and_ancestors_agree(look: Look) -> None:
    """An element is within each of its ancestors, and within nothing else."""
    snapshot = await look("<div><p>a <b>b</b></p><ul><li>c<li>d</ul></div><p>e</p>")
    for element in snapshot.elements:
        holders = [outer for outer in snapshot.elements if element in snapshot.within(outer)]
        assert holders == list(snapshot.ancestors(element))[::-1]
