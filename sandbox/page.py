"""The sandbox's own page: the account, the magic numbers, the last messages that were billed."""

from collections.abc import Iterable, Iterator
from datetime import timedelta, timezone
from decimal import Decimal
from html import escape
from itertools import islice
from typing import Final

from sandbox.account import Totals
from sandbox.ledger import Entry
from sandbox.magic import INVALID, INVALID_SAYS, MAGIC
from sandbox.operators import Rates, SandboxOperator

_SHOWN: Final = 50
_NEPAL: Final = timezone(timedelta(hours=5, minutes=45))
_OPERATORS: Final = {
    SandboxOperator.NTC: "NTC",
    SandboxOperator.NCELL: "Ncell",
    SandboxOperator.SMARTCELL: "Smart Cell",
    SandboxOperator.OTHER: "Other",
}

_STYLE: Final = """
:root { color-scheme: light dark; --text: #1f2428; --soft: #57606a; --page: #f6f7f9;
  --card: #fff; --line: #d5dae0; --accent: #0b5c8a; --on-accent: #fff }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ec; --soft: #a3adb8; --page: #14181c;
  --card: #1d2329; --line: #39424b; --accent: #8ac7ee; --on-accent: #0d1a24 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.6 system-ui,
  "Noto Sans Devanagari", sans-serif }
main { max-width: 1100px; margin: 0 auto; padding: 24px 16px 64px }
h1 { font-size: 1.75rem; line-height: 1.3; margin: 0 0 8px }
h2 { font-size: 1.25rem; margin: 40px 0 8px }
p { margin: 0 0 16px; max-width: 70ch } .soft { color: var(--soft) }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px;
  margin: 24px 0 16px }
dl div { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 16px }
dt { color: var(--soft); font-size: .875rem } dd { margin: 0; font-size: 1.125rem }
table { width: 100%; border-collapse: collapse; background: var(--card);
  border: 1px solid var(--line) }
th, td { padding: 8px 12px; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line) }
thead th { font-size: .875rem; color: var(--soft) } tbody th { font-weight: 600 }
dd, td, tbody th { font-variant-numeric: tabular-nums }
tbody th, .nowrap { white-space: nowrap } .sum { text-align: right; white-space: nowrap }
.text { overflow-wrap: anywhere; white-space: pre-line }
button { font: inherit; padding: 8px 16px; border: 0; border-radius: 6px; cursor: pointer;
  background: var(--accent); color: var(--on-accent) }
a { color: var(--accent) }
button:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
@media (max-width: 575px) { thead { display: none }
  tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--line) }
  th, td { display: block; border: 0; padding: 2px 12px; text-align: left }
  td::before { content: attr(data-label) ": "; color: var(--soft) }
  .sum { text-align: left } }
"""


def front_page(totals: Totals, rates: Rates) -> str:
    """The whole page; everything that came from outside is escaped."""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Sandbox</h1>
<p>The sandbox answers as Sociair would, but sends nothing. Use any mobile number of Nepal. The
numbers below make it fail in different ways.</p>
<dl>{_account(totals, rates)}</dl>
<form method="post" action="/_sandbox/reset">
<button>Reset</button>
<span class="soft">Empties the ledger and restores the balance.</span>
</form>
<h2 id="magic">Magic numbers</h2>
<p>Send to one of them, alone or among others: it decides what happens to the whole request. Where
the next try works, the one after it fails again.</p>
<table aria-labelledby="magic">
<thead><tr><th scope="col">Number</th><th scope="col">The sandbox …</th>
<th scope="col">Billed</th></tr></thead>
<tbody>{"".join(_magic_rows())}</tbody>
</table>
<h2 id="billed">Last billed</h2>
{_billed(totals)}
<h2>For programs</h2>
<p><a href="/_sandbox/ledger">Ledger</a>, <a href="/_sandbox/requests">requests</a>,
<a href="/_sandbox/settings">settings</a>.</p>
</main>
</body>
</html>
"""


def rupees(amount: Decimal) -> str:
    """Two decimals, in thousands, lakhs and crores: Rs 1,23,456.80."""
    whole, _, paisa = f"{amount:.2f}".partition(".")
    rest, last = whole[:-3], whole[-3:]
    groups = [last]
    while rest:
        rest, group = rest[:-2], rest[-2:]
        groups.insert(0, group)
    return f"Rs {','.join(groups)}.{paisa}"


def _mobile(mobile: str) -> str:
    return f"{mobile[:3]}-{mobile[3:]}"


def _account(totals: Totals, rates: Rates) -> str:
    facts = {
        "Balance": rupees(totals.balance),
        "Spent": rupees(totals.spent),
        "Numbers billed": str(totals.billed),
        **{
            f"{_OPERATORS[operator]}, one part": rupees(rates.of(operator))
            for operator in SandboxOperator
        },
    }
    return "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in facts.items())


def _magic_rows() -> Iterator[str]:
    yield _magic_row(INVALID, INVALID_SAYS, billed=False)
    for magic in MAGIC.values():
        yield _magic_row(magic.mobile, magic.says(), billed=magic.fault.bills)


def _magic_row(mobile: str, says: str, *, billed: bool) -> str:
    return (
        f'<tr><th scope="row">{_mobile(mobile)}</th><td data-label="The sandbox">'
        f'{escape(says)}</td><td data-label="Billed">{"yes" if billed else "no"}</td></tr>\n'
    )


def _billed(totals: Totals) -> str:
    rows = "".join(_entry_row(entry) for entry in _newest(totals))
    if not rows:
        return "<p>Nothing yet. Messages appear here as soon as they are billed.</p>"
    return f"""<table aria-labelledby="billed">
<thead><tr><th scope="col">To</th><th scope="col">When</th><th scope="col">Message</th>
<th scope="col">Parts</th><th scope="col" class="sum">Cost</th></tr></thead>
<tbody>{rows}</tbody>
</table>"""


def _newest(totals: Totals) -> Iterable[Entry]:
    backwards = (
        entry for billing in reversed(totals.records) for entry in reversed(list(billing.entries()))
    )
    return islice(backwards, _SHOWN)


def _entry_row(entry: Entry) -> str:
    when = f"{entry.when.astimezone(_NEPAL):%d %b %Y, %H:%M:%S}"
    return (
        f'<tr><th scope="row">{_mobile(entry.mobile)}</th>'
        f'<td data-label="When" class="nowrap">{when}</td>'
        f'<td data-label="Message" class="text">{escape(entry.text)}</td>'
        f'<td data-label="Parts">{entry.parts}</td>'
        f'<td data-label="Cost" class="sum">{rupees(entry.cost)}</td></tr>\n'
    )
