"""The headers of the page and its assets, each with its reason. They are what a sceptical reader checks first.

Roles come from the site's manifest: `document` is the page itself, `worker` a script that runs in a worker, `asset`
everything else.
"""

from collections.abc import Mapping
from typing import Literal

type Role = Literal["document", "asset", "worker"]

_PAGE_POLICY = {
    "default-src": "'none'",  # whatever is not named below
    "script-src": "'self'",  # no inline script, no eval, no WebAssembly: all that opens files runs in workers
    "style-src": "'self'",
    "img-src": "'self'",  # no data: or blob: either, so a picture cannot even be shown
    "connect-src": "'self'",
    "worker-src": "'self'",
    "form-action": "'none'",  # a form could carry a file away
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",  # markup cannot be made of strings
    "trusted-types": "unspread",
    # Popups are links to help; they escape, or the helplines' own pages would not work. Modals are print and the
    # warning before a case code is lost. What is missing matters: forms, top navigation by others, pointer lock.
    "sandbox": "allow-scripts allow-same-origin allow-downloads allow-modals allow-popups "
    "allow-popups-to-escape-sandbox",
}

# A dedicated worker served with a policy of its own does not inherit the page's. This one has no network at all: the
# code that opens the picture cannot send it anywhere. WebAssembly is compiled from bytes that the page posts in.
_WORKER_POLICY = {"default-src": "'none'", "script-src": "'wasm-unsafe-eval'"}

_REFUSED_FEATURES = (
    "accelerometer",
    "autoplay",
    "bluetooth",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "sync-xhr",
    "usb",
    "web-share",
    "window-management",
    "xr-spatial-tracking",
)

_EVERYWHERE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # a help site does not learn where its visitor came from
    "Strict-Transport-Security": "max-age=63072000",  # two years
    "Cross-Origin-Resource-Policy": "same-origin",  # no other site can load a part of this one
    "Cross-Origin-Embedder-Policy": "require-corp",  # and this one loads nothing of others; workers need it too
}

_DOCUMENT = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _PAGE_POLICY.items()),
    "Cross-Origin-Opener-Policy": "same-origin",  # no window that opened this one can reach into it
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _REFUSED_FEATURES),
    "X-Frame-Options": "DENY",  # for browsers that do not know frame-ancestors
    "Cache-Control": "no-store",  # neither the visit nor an old version of the page stays on the disk
}

# The name of an asset holds its hash: what is stored under it never changes.
_IMMUTABLE = {"Cache-Control": "public, max-age=31536000, immutable"}

_WORKER = {"Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _WORKER_POLICY.items())}

_OF_ROLE: Mapping[Role, Mapping[str, str]] = {
    "document": _DOCUMENT,
    "asset": _IMMUTABLE,
    "worker": _IMMUTABLE | _WORKER,
}

PROBLEM = {"Content-Type": "application/problem+json", "Cache-Control": "no-store"} | _EVERYWHERE


def headers_of(role: Role, content_type: str) -> dict[str, str]:
    """Return the headers of a file of the site."""
    return {"Content-Type": content_type, **_EVERYWHERE, **_OF_ROLE[role]}
