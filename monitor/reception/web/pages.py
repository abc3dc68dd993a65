"""The pages people see: one sentence, one button, readable on a phone; nothing from outside, no script."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from werkzeug.wrappers import Response

from monitor.notifiers.html import BODY
from monitor.plain import clean

_STYLE = (
    BODY + "main{max-width:30rem;margin:10vh auto;padding:2rem;background:#fff;border-radius:12px;box-shadow:0 1px 4px #1018281f}"
    "h1{margin:0 0 .75rem;font-size:1.35rem;line-height:1.4}p{margin:.5rem 0;color:#475467}p.what{color:#1d2939;font-weight:600}"
    "button{margin-top:1.25rem;width:100%;padding:.85rem;border:0;border-radius:8px;background:#175cd3;color:#fff;font:inherit;"
    "font-weight:700;cursor:pointer}button:focus-visible{outline:3px solid #84adff}"
    "@media(max-width:34rem){main{margin:0;min-height:100vh;box-sizing:border-box;border-radius:0}}"
)
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
SAFE = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Headers of every answer: addresses hold tokens, so nothing keeps or passes them on."""
_PAGE = (
    '<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    "<title>{title}</title><style>{style}</style></head><body><main><h1>{title}</h1>{body}</main></body></html>\n"
)


def page(language: str, title: str, *lines: str, what: str = "", button: str = "", status: int = 200) -> Response:
    """Return a page: ``what`` it is about stands out above ``lines``; with ``button`` it asks, and the answer is POSTed where it stands."""
    body = f'<p class="what">{_safe(what)}</p>' if what else ""
    body += "".join(f"<p>{_safe(line)}</p>" for line in lines if line)
    if button:
        body += f'<form method="post"><button type="submit">{_safe(button)}</button></form>'
    text = _PAGE.format(language=escape(language), title=_safe(title), style=_STYLE, body=body)
    return Response(text, status, content_type="text/html; charset=utf-8")


def _safe(text: str) -> str:
    return escape(clean(text, 600))
