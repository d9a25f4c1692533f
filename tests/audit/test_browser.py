async def test_a_page_is_a_tab(browser, site):
    async with await browser.visit(site.page("/", "<title>Hi</title>x", headers=[("A", "1"), ("A", "2")])) as tab:
        assert tab.status == 200 and tab.complete
        assert await tab.evaluate("document.title") == "Hi"
        print(tab.headers, tab.address, tab.timing, tab.url)
        assert (await tab.screenshot(full_page=True)).startswith(b"\x89PNG")
    r = await browser.fetch(site.redirect("/r", "/"))
    assert r.status == 302
    print(r, site.requests)
