"""Claims that the page makes up itself are found out; those that a server may tell are not accused."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler
from itertools import count

import pytest

from tests.audit.conftest import Site
from tests.audit.patterns.conftest import Try, page
from veritas.audit.browser import Browser
from veritas.audit.patterns import pressure_claims
from veritas.audit.patterns.experiment import conduct

VIEWERS = "<p id=claim></p><script>claim.textContent = {} + ' people are viewing this kettle'</script>"


@pytest.mark.parametrize(
    "figure", ["Math.ceil(Math.random() * 40 + 3)", "[8, 13, 21, 34][Math.floor(Math.random() * 4)]"]
)
async def test_thrown_figure_is_found_out(put_on_trial: Try, figure: str) -> None:
    """A figure that follows the page's dice counts nobody; the readings are the evidence."""
    (found,) = pressure_claims.judge(await put_on_trial(VIEWERS.format(figure)))
    assert (found.kind, found.severity) == ("false_activity", "high")
    texts = found.measured["texts"]
    assert texts["random_numbers_low"] != texts["random_numbers_high"]


async def test_thrown_stock_is_found_out(put_on_trial: Try) -> None:
    """A stock that is thrown is no stock."""
    html = "<p>Only <b id=n></b> left in stock</p><script>n.textContent = 2 + Math.floor(Math.random() * 4)</script>"
    (found,) = pressure_claims.judge(await put_on_trial(html))
    assert found.kind == "false_scarcity"


async def test_stock_that_sells_itself_is_found_out(put_on_trial: Try) -> None:
    """A stock that goes down with the page's clock, while no data comes, is sold by nobody."""
    html = (
        "<p>Only <b id=n>40</b> left in stock</p>"
        "<script>const start = Date.now(); const sold = () => Math.floor((Date.now() - start) / 20000);"
        "setInterval(() => n.textContent = 40 - sold(), 999)</script>"
    )
    (found,) = pressure_claims.judge(await put_on_trial(html))
    assert found.kind == "false_scarcity"
    assert "without a request for data" in found.detail


async def test_stock_that_a_server_may_tell_is_a_claim(put_on_trial: Try) -> None:
    """Where a socket is open, a figure that goes down may have been sent."""
    html = (
        "<p>Only <b id=n>40</b> left in stock</p>"
        "<script>new WebSocket('ws://' + location.host + '/stock');"
        "const start = Date.now(); const sold = () => Math.floor((Date.now() - start) / 20000);"
        "setInterval(() => n.textContent = 40 - sold(), 999)</script>"
    )
    (found,) = pressure_claims.judge(await put_on_trial(html))
    assert found.kind == "scarcity_claim"


async def test_thrown_age_of_a_purchase_is_found_out(put_on_trial: Try) -> None:
    """A purchase whose age the page throws took place at no time."""
    html = (
        "<p id=it></p><script>it.textContent = 'Someone in Ghent purchased a teapot '"
        "+ Math.ceil(Math.random() * 50) + ' minutes ago'</script>"
    )
    (found,) = pressure_claims.judge(await put_on_trial(html))
    assert found.kind == "false_activity"


async def test_invented_buyers_are_found_out(put_on_trial: Try) -> None:
    """A name drawn from a list by dice bought nothing, even if it is shown a minute late."""
    html = (
        "<p id=toast></p><script>const names = ['Ines in Porto', 'Omar in Ghent', 'Lea in Graz'];"
        "const who = names[Math.floor(Math.random() * 3)];"
        "setTimeout(() => toast.textContent = who + ' just bought a Copper Kettle', 2000)</script>"
    )
    (found,) = pressure_claims.judge(await put_on_trial(html))
    assert found.kind == "false_activity"


async def test_plain_stock_that_is_thrown_is_found_out(put_on_trial: Try) -> None:
    """A number in stock is information, unless it is made up."""
    assert list(pressure_claims.judge(await put_on_trial("<p>7 in stock</p>"))) == []
    thrown = "<p id=n></p><script>n.textContent = Math.ceil(Math.random() * 30) + ' in stock'</script>"
    assert [found.kind for found in pressure_claims.judge(await put_on_trial(thrown))] == ["false_scarcity"]


async def test_figure_of_the_server_may_change(site: Site, browser: Browser) -> None:
    """Another number with every load may be the truth: it stays a claim, with what was read."""
    loads = count(11)

    def answer(handler: BaseHTTPRequestHandler) -> None:
        body = page(f"<p>{next(loads)} people are viewing this kettle</p>").encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    async with await browser.visit(site.handle("/", answer), clock=True) as tab:
        trial = await conduct(tab)
    assert [found.kind for found in pressure_claims.judge(trial)] == ["activity_claim"]


async def test_age_of_a_purchase_may_grow(put_on_trial: Try) -> None:
    """ "3 minutes ago" becomes "4 minutes ago" by itself, and truly."""
    html = (
        "<p id=it></p><script>const start = Date.now() - 180000; const show = () => it.textContent = "
        "`Someone in Ghent purchased a teapot ${Math.floor((Date.now() - start) / 60000)} minutes ago`;"
        "show(); setInterval(show, 1000)</script>"
    )
    assert [found.kind for found in pressure_claims.judge(await put_on_trial(html))] == ["activity_claim"]
