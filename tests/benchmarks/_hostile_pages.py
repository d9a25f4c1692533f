"""Pages that take as much as they can of the browser that visits them, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler

from tests.audit.conftest import Site

# Serves one hostile page, and returns its URL; the number says how much it does, relative to the page's full size.
HostilePage = Callable[[Site, float], str]

_TEXT = "<!doctype html><html lang=en><title>Shop</title><h1>A shop</h1><p>It sells lamps.</p>"
_MEGABYTE = bytes(1_000_000)


def _html(body: Callable[[float], str]) -> HostilePage:
    return lambda site, size: site.page("/", _TEXT + body(size))


def _number(full: int, size: float) -> int:
    return max(1, round(full * size))


def _script(source: str, full: int = 1) -> HostilePage:
    """Return a page with a script, in which `N` is *full* times the size."""
    return _html(lambda size: f"<script>{{ const N = {_number(full, size)}; {source} }}</script>")


def _repeated(piece: str, full: int) -> HostilePage:
    return _html(lambda size: piece * _number(full, size))


def _frames(site: Site, size: float) -> str:
    site.page("/frame", "<p>a frame")
    return site.page("/", _TEXT + "<iframe src=/frame></iframe>" * _number(1_000, size))


def _frames_within_frames(site: Site, size: float) -> str:
    site.page(
        "/frame",
        "<script>location.search.length < 60 && document.write(('<iframe src=\"/frame' + "
        "(location.search || '?') + 'x\"></iframe>').repeat(2))</script>",
    )
    return site.page("/", _TEXT + "<iframe src=/frame></iframe>")


def _stream(
    media_type: str, start: bytes, piece: bytes, megabytes: int | None
) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return an answer that sends *piece* until it has sent *megabytes*; None for no end."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", media_type)
        handler.end_headers()
        handler.wfile.write(start)
        sent = 0
        while megabytes is None or sent < megabytes * 1_000_000:
            handler.wfile.write(piece)
            sent += len(piece)
        handler.close_connection = True

    return answer


def _endless_body(site: Site, size: float) -> str:
    return site.handle("/", _stream("text/html", _TEXT.encode(), b"<p>and on</p>" * 10_000, None))


def _endless_comment(site: Site, size: float) -> str:
    return site.handle("/", _stream("text/html", _TEXT.encode() + b"<!--", b"x" * 1_000_000, None))


def _large_image(site: Site, size: float) -> str:
    png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x27\x10\0\0\x27\x10\x08\2\0\0\0"
    site.handle("/image.png", _stream("image/png", png, _MEGABYTE, _number(500, size)))
    return site.page("/", _TEXT + "<img src=/image.png>")


def _endless_fetch(site: Site, size: float) -> str:
    site.handle("/data", _stream("application/octet-stream", b"", _MEGABYTE, None))
    script = "(async () => { for await (const part of (await fetch('/data')).body); })()"
    return site.page("/", f"{_TEXT}<script>{script}</script>")


def _endless_fetch_in_frame(site: Site, size: float) -> str:
    site.handle("/data", _stream("application/octet-stream", b"", _MEGABYTE, None))
    script = "(async () => { for await (const part of (await fetch('/data')).body); })()"
    site.page("/frame", f"<script>{script}</script>")
    return site.page("/", f"{_TEXT}<iframe src='{site.url('/frame', host='localhost')}'></iframe>")


def _endless_fetch_in_worker(site: Site, size: float) -> str:
    site.handle("/data", _stream("application/octet-stream", b"", _MEGABYTE, None))
    script = "(async () => { for await (const part of (await fetch('/data')).body); })()"
    site.page("/worker.js", script, headers={"Content-Type": "text/javascript"})
    return site.page("/", f"{_TEXT}<script>new Worker('/worker.js')</script>")


def _redirects(site: Site, size: float) -> str:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        number = int(handler.path.partition("?")[2] or 0) + 1
        handler.send_response(302)
        handler.send_header("Location", f"/?{number}")
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return site.handle("/", answer)


def _moves(site: Site, size: float) -> str:
    return site.page("/", f"{_TEXT}<script>location.href = '/?' + Math.random()</script>")


def _downloads(site: Site, size: float) -> str:
    site.page("/file", bytes(1000), headers={"Content-Disposition": "attachment; filename=a.exe"})
    return _script(
        "let i = 0; const next = () => { location.href = '/file?' + i; ++i < N && setTimeout(next, 20) };"
        "addEventListener('load', next)",
        500,
    )(site, size)


def _cookies(site: Site, size: float) -> str:
    return _script("for (let i = 0; i < N; i++) document.cookie = `c${i}=${'v'.repeat(100)}`", 20_000)(site, size)


def _long_url(site: Site, size: float) -> str:
    title = "t" * _number(5_000_000, size)
    script = f"history.replaceState(null, '', '/?' + 'u'.repeat({_number(1_900_000, size)}))"
    return site.page("/", f"<title>{title}</title><p>Text<a href='/?{title}'>Link</a><script>{script}</script>")


def _bomb(site: Site, size: float) -> str:
    entities = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" if n else "<!ENTITY l0 'lol'>" for n in range(10))
    svg = f"<?xml version='1.0'?><!DOCTYPE svg [{entities}]><svg xmlns='http://www.w3.org/2000/svg'><text>&l9;</text></svg>"
    site.page("/bomb.svg", svg, headers={"Content-Type": "image/svg+xml"})
    levels = 30
    uses = "".join(f"<g id=g{n}><use href=#g{n - 1} /><use href=#g{n - 1} /></g>" for n in range(1, levels))
    inline = f"<svg><defs><g id=g0><circle r=5 /></g>{uses}</defs><use href=#g{levels - 1} /></svg>"
    css = "".join(f"--v{n}: var(--v{n - 1}) var(--v{n - 1});" for n in range(1, 30))
    return site.page(
        "/", f"{_TEXT}<style>p {{ --v0: x; {css} content: var(--v29) }}</style><img src=/bomb.svg>{inline}"
    )


PAGES: Mapping[str, HostilePage] = {
    "100,000 nodes": _repeated("<p>x</p>", 100_000),
    "200,000 nodes from a script": _script("document.body.innerHTML = '<p>x</p>'.repeat(N)", 200_000),
    "50,000 levels": _script(
        "let at = document.body; for (let i = 0; i < N; i++) at = at.appendChild(document.createElement('div'))", 50_000
    ),
    "50,000 levels of markup": _repeated("<div>", 50_000),
    "50,000 links": _html(lambda size: "".join(f"<a href=/{i}>link {i}</a> " for i in range(_number(50_000, size)))),
    "10,000 forms": _repeated("<form><input name=a><button>b</button></form>", 10_000),
    "1,000 frames": _frames,
    "frames within frames": _frames_within_frames,
    "frames without end": _script(
        "setInterval(() => { for (let i = 0; i < 10; i++) "
        "{ const frame = document.createElement('iframe'); frame.src = '/frame'; document.body.append(frame) } }, 10)"
    ),
    "200,000 px high": _repeated("<p style='height: 1000px'>x</p>", 200),
    "a redirect without end": _redirects,
    "moves without end": _moves,
    "10,000 dialogs": _script("for (let i = 0; i < N; i++) alert(i)", 10_000),
    "500 popups": _script("for (let i = 0; i < N; i++) window.open('/?' + i)", 500),
    "500 downloads": _downloads,
    "a body without end": _endless_body,
    "a comment without end": _endless_comment,
    "an image of 500 MB": _large_image,
    "an answer to fetch without end": _endless_fetch,
    "the same in a frame of another site": _endless_fetch_in_frame,
    "the same in a worker": _endless_fetch_in_worker,
    "requests without end": _script(
        "setInterval(() => { for (let i = 0; i < 50; i++) new Image().src = '/' + Math.random() }, 10)"
    ),
    "memory without end": _script("const all = []; for (;;) all.push(new Array(1e6).fill(Math.random()))"),
    "a script without end": _script("while (true);"),
    "a script without end after the load": _script(
        "addEventListener('load', () => setTimeout(() => { while (true); }))"
    ),
    "a console without end": _script("setInterval(() => { for (let i = 0; i < 1000; i++) console.log(i) }, 10)"),
    "bombs": _bomb,
    "20,000 cookies": _cookies,
    "a title and a URL of megabytes": _long_url,
}
