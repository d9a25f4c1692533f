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

DISABLED_FEATURES = (*_OF_PLAYWRIGHT, *_OF_WINDOW)
# The browser's own requests, which would be made at each start and sent through a user's proxy: to
# update.googleapis.com for components, in spite of `--disable-component-update`, and to accounts.google.com for the
# users that are signed in. They are sent where nothing answers, the port of the discard service.
_NOWHERE = "http://127.0.0.1:9"

CHROMIUM_FLAGS = (
    f"--component-updater=url-source={_NOWHERE}/",
    "--disable-background-networking",
    "--disable-component-update",
    f"--disable-features={','.join(DISABLED_FEATURES)}",
    f"--gaia-url={_NOWHERE}",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
)
