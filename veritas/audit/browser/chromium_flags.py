"""The switches that Chromium is started with, beside those that Playwright gives it."""

from __future__ import annotations

# Chromium obeys the last `--disable-features` alone, so the features that Playwright disables are repeated.
_OF_PLAYWRIGHT = (
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
    "msEdgeUpdateLaunchServicesPreferredVersion",
    "msForceBrowserSignIn",
)
# A new tab starts two more processes for pages that no one sees: one for the next tab, and one for the suggestions of
# the address bar. Without them the start of a browser with one tab takes 0.5 s of processor time instead of 1.2 s
# (Chromium 156, two cores).
_OF_WINDOW = ("SpareRendererForSitePerProcess", "WebUIOmniboxAimPopup", "WebUIOmniboxPopup")
# Where this machine's resolver is one that also answers over HTTPS, such as 8.8.8.8, Chromium tries that at each start,
# and connects to it past every proxy.
_PAST_THE_GUARD = ("DnsOverHttpsUpgrade",)

DISABLED_FEATURES = (*_OF_PLAYWRIGHT, *_OF_WINDOW, *_PAST_THE_GUARD)
# The browser's own requests, which would be made at each start and sent through a user's proxy: to
# update.googleapis.com for components, in spite of `--disable-component-update`, and to accounts.google.com for the
# users that are signed in. They are sent to a name that no one owns (RFC 6761), and not to the guard, which would have
# to record them: so they end in the browser, which resolves no name.
_NOWHERE = "nowhere.invalid"

# Megabytes that the scripts of a page may take. A page that takes more has crashed; Chromium's own limit is 4 GB.
_SCRIPT_MEMORY = 1024

# What a profile reaches without its proxy: nothing. Without these words Chromium reaches this machine directly.
NO_EXCEPTION = "<-loopback>"

CHROMIUM_FLAGS = (
    f"--component-updater=url-source=http://{_NOWHERE}/",
    "--disable-background-networking",
    "--disable-component-update",
    f"--disable-features={','.join(DISABLED_FEATURES)}",
    f"--gaia-url=http://{_NOWHERE}",
    f"--js-flags=--max-old-space-size={_SCRIPT_MEMORY}",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    # WebRTC over the guard or not at all: a page must not send UDP to an address of its choice. Chromium's headless
    # shell knows the switch by the second name.
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
)


def guard_flags(port: int) -> tuple[str, ...]:
    """Return the switches that send every request outside of a profile through the guard on *port* of loopback.

    Chromium then also resolves no name of its own, neither for a page's `dns-prefetch` nor for itself, and reads no
    variable and no setting of the system that names a proxy.
    """
    return (
        f"--proxy-server=socks5://127.0.0.1:{port}",
        f"--proxy-bypass-list={NO_EXCEPTION};{_NOWHERE}",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    )
