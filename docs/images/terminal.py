"""Pictures of what the command prints, for the README: `python3 docs/images/terminal.py target/release/rulegate`.

Needs Chromium. Each picture is a real run, its colours turned into HTML.
"""

import html
import pathlib
import re
import subprocess
import sys
import tempfile

COLOURS = {"30": "#3b4252", "31": "#f07178", "32": "#a5d66b", "33": "#ffcb6b", "34": "#82aaff", "35": "#c792ea", "36": "#89ddff",
           "37": "#d8dee9", "90": "#7a8599", "91": "#ff8b92", "92": "#c3e88d", "93": "#ffe585", "94": "#9cc4ff", "95": "#e1acff",
           "96": "#a3f7ff", "97": "#ffffff"}

BROKEN = '''rulegate 1

features orders {
  order_id : int64 unique
  quantity : int64 >= "0"
  country  : string in ("AT", "DE", "CH")
  placed   : timestamp <= shiped
  shipped  : timestamp?
}
'''

TESTED = '''rulegate 1

features orders {
  quantity : int64 between 1 and 100
  country  : string in ("AT", "DE", "CH")
  rule large_orders_stay_near: case when quantity > 50 then country = "AT" else true end
  example small { quantity: 3, country: "DE" }
}

test "a small order passes" for orders { given small expect pass }
test "nobody orders nothing" for orders { given small with { quantity: 0 } expect only fail quantity.range }
test "large orders stay near" for orders { given small with { quantity: 60, country: "CH" } expect fail country.enum }
'''


def to_html(text):
    out, open_spans = [], 0
    for part in re.split(r"(\x1b\[[0-9;]*m)", text):
        codes = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if not codes:
            out.append(html.escape(part))
            continue
        style = []
        for code in codes.group(1).split(";"):
            if code in ("", "0"):
                out.append("</span>" * open_spans)
                open_spans = 0
            elif code == "1":
                style.append("font-weight:bold")
            elif code == "2":
                style.append("opacity:.7")
            elif code in COLOURS:
                style.append(f"color:{COLOURS[code]}")
        if style:
            out.append(f'<span style="{";".join(style)}">')
            open_spans += 1
    return "".join(out) + "</span>" * open_spans


def picture(name, shown, command, folder):
    run = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    text = re.sub(r"\(0\.\d+ s\)", "(0.01 s)", run.stdout + run.stderr).rstrip()
    lines = text.split("\n")
    page = f"""<meta charset=utf-8><style>body{{margin:0;background:#1b2130}}pre{{margin:0;padding:18px 22px;color:#d8dee9;
    font:14px/1.35 "DejaVu Sans Mono",monospace}}</style><pre><span style="color:#7a8599">$</span> {html.escape(shown)}\n{to_html(text)}</pre>"""
    width = 44 + int(8.45 * max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in lines + [shown + "  "]))
    height = 36 + 19 * (len(lines) + 1)
    with tempfile.NamedTemporaryFile("w", suffix=".html") as file:
        file.write(page)
        file.flush()
        target = pathlib.Path(__file__).parent / f"{name}.png"
        subprocess.run(["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", f"--window-size={width},{height}",
                        f"--screenshot={target}", file.name], check=True, capture_output=True)


def main():
    rulegate = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "orders.rules").write_text(BROKEN)
        (pathlib.Path(folder) / "tested.rules").write_text(TESTED)
        picture("diagnostic", "rulegate check orders.rules", [rulegate, "check", "orders.rules", "--color", "always"], folder)
        picture("test", "rulegate test tested.rules", [rulegate, "test", "tested.rules", "--color", "always"], folder)


main()
