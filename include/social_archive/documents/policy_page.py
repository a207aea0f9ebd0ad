"""The policy report as one page of HTML that needs nothing else: no script, no network, pictures inside.

Every word is escaped. The page may be mailed, printed, or put on the body's site.
"""

from __future__ import annotations

import base64
from html import escape
from typing import Any, Final

_CSP: Final = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_STYLE: Final = """
:root { --ink: #1d2733; --quiet: #5a6673; --line: #c9d1d9; --pale: #f4f6f8; --green: #2c7a5b; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: var(--ink); font: 16px/1.5 Georgia, 'Times New Roman', serif; }
main { max-width: 54rem; margin: 0 auto; padding: 2.5rem 1.5rem 3rem; }
header { display: flex; justify-content: space-between; align-items: flex-end; gap: 1rem; flex-wrap: wrap;
  border-bottom: 2px solid var(--ink); padding-bottom: .7rem; margin-bottom: 1.1rem; }
.kind { color: var(--green); font: 700 .8rem/1.4 system-ui, sans-serif; letter-spacing: .08em;
  text-transform: uppercase; margin: 0; }
h1 { font-size: 2.1rem; line-height: 1.15; margin: .1rem 0; }
h2 { font: 700 .85rem/1.4 system-ui, sans-serif; letter-spacing: .06em; text-transform: uppercase;
  color: var(--quiet); margin: 2.2rem 0 .5rem; }
p { margin: 0 0 .7rem; }
.note, .made, footer { color: var(--quiet); font-size: .88rem; }
.made { text-align: right; margin: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.2rem, 1fr)); gap: 1rem; margin: 1.2rem 0 0;
  background: var(--pale); border-radius: 4px; padding: .9rem 1.1rem; }
.figures div { display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.figures dt { color: var(--quiet); font-size: .88rem; line-height: 1.3; }
.figures dd { margin: 0; font-size: 1.5rem; font-weight: 700; line-height: 1.2; }
figure { margin: .6rem 0; }
img { display: block; width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; margin: .4rem 0 .6rem; }
th { font-weight: 400; color: var(--quiet); font-size: .85rem; vertical-align: bottom;
  border-bottom: 1px solid var(--line); }
th, td { padding: .3rem .5rem .3rem 0; text-align: left; vertical-align: top; }
th.n, td.n { text-align: right; padding-left: .5rem; padding-right: 0; font-variant-numeric: tabular-nums; }
footer { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: .8rem; }
footer dl { display: grid; grid-template-columns: auto 1fr; gap: .1rem .8rem; margin: .4rem 0 0; }
footer dd { margin: 0; font: .75rem/1.6 ui-monospace, monospace; overflow-wrap: anywhere; }
@media print { main { padding: 0; max-width: none; } h2 { break-after: avoid; } figure, tr { break-inside: avoid; } }
""".strip()


def html(c: dict[str, Any]) -> str:
    """The report as a page, from its `policy_report.content`."""
    sections = "\n".join(_section(section) for section in c["sections"])
    foot = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in c["foot"])
    numbers = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(n)}</dd></div>" for n, name in c["figures"])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{escape(_CSP)}">
<title>{escape(c["title"])} – {escape(c["body"])}</title>
<style>
{_STYLE}
</style>
</head>
<body>
<main>
<header>
<div><p class="kind">Comment policy report</p><h1>{escape(c["period"])}</h1>{escape(c["body"])}</div>
<p class="made">made {escape(c["made"])} UTC<br>days are those of {escape(c["zone"])}</p>
</header>
<p>{escape(c["lead"])}</p>
<dl class="figures">{numbers}</dl>
{sections}
<footer>
<p>{escape(c["how"])}</p>
<dl>{foot}</dl>
</footer>
</main>
</body>
</html>
"""


def _section(s: dict[str, Any]) -> str:
    parts = [f"<section>\n<h2>{escape(s['title'])}</h2>", *(f"<p>{escape(said)}</p>" for said in s["says"])]
    if s["plot"]:
        picture = base64.b64encode(s["plot"]["svg"].encode()).decode()
        alt = escape(s["plot"]["alt"])
        parts.append(f'<figure><img src="data:image/svg+xml;base64,{picture}" alt="{alt}"></figure>')
    if s["table"]:
        parts.append(_table(s["table"]))
    if s["note"]:
        parts.append(f'<p class="note">{escape(s["note"])}</p>')
    return "\n".join([*parts, "</section>"])


def _table(t: dict[str, Any]) -> str:
    def row(cells: list[str], tag: str, scope: str = "") -> str:
        classes = [""] * t["words"] + [' class="n"'] * (len(cells) - t["words"])
        made = (f"<{tag}{scope}{c}>{escape(cell)}</{tag}>" for c, cell in zip(classes, cells, strict=True))
        return f"<tr>{''.join(made)}</tr>"

    head = row(t["head"], "th", ' scope="col"')
    body = "\n".join(row(cells, "td") for cells in t["rows"])
    return f'<div class="wide"><table>\n<thead>{head}</thead>\n<tbody>\n{body}\n</tbody>\n</table></div>'
