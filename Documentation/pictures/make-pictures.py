#!/usr/bin/env python3
"""Makes the pictures of the documentation: demo.svg beside this file, and flow.svg in ReplicationCore.docc.

usage: make-pictures.py PGCDC URL

PGCDC is the program (`.build/debug/pgcdc`), URL a server on which `pgcdc demo` may create a table:
`eval "$(Scripts/postgres start 17)"`, then $PGREPL_URL. Needs Python 3.9 and nothing else.
"""

import html
import os
import pathlib
import pty
import re
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
CATALOG = FOLDER.parent.parent / "Sources/ReplicationCore/ReplicationCore.docc"
FONT = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace"
COLORS = {"1": "#f0f6fc", "2": "#8b949e", "31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "35": "#d2a8ff"}


def on_terminal(command):
    """What a program prints on a terminal, with its colours."""
    here, there = pty.openpty()
    environment = dict(os.environ, TERM="xterm-256color")
    program = subprocess.Popen(command, stdout=there, stderr=there, stdin=there, env=environment)
    os.close(there)
    output = b""
    while True:
        try:
            piece = os.read(here, 1 << 16)
        except OSError:
            break
        if not piece:
            break
        output += piece
    if program.wait() != 0:
        sys.exit("%s ended with status %d:\n%s" % (command[0], program.returncode, output.decode()))
    return output.decode().replace("\r", "").rstrip("\n").split("\n")


def spans(line):
    """A line with colour codes, as SVG."""
    result, color = "", "#c9d1d9"
    for piece in re.split(r"(\x1b\[[0-9;]*m)", line):
        code = re.fullmatch(r"\x1b\[([0-9;]*)m", piece)
        if code:
            color = COLORS.get(code.group(1), "#c9d1d9")
        elif piece:
            result += '<tspan fill="%s">%s</tspan>' % (color, html.escape(piece))
    return result


def demo(program, url):
    lines = ["\x1b[2m$\x1b[0m Scripts/demo"] + on_terminal([program, "demo", "--url", url])
    lines = [re.sub(r" \(Debian[^)]*\)", "", line) for line in lines]
    # The middle of the large transactions says nothing that their first rows don't.
    start = next(i for i, line in enumerate(lines) if "customer 1 " in line) + 2
    end = next(i for i, line in enumerate(lines) if "10000 changes" in line) - 1
    del lines[start:end]
    tail = next(i for i, line in enumerate(lines) if "server    stream" in line)
    lines = lines[: end - (end - start) + 2] + ["  \x1b[2m…\x1b[0m", ""] + lines[tail:]
    height, width, top = 18, 820, 44
    rows = "\n".join(
        '<text x="20" y="%d" xml:space="preserve">%s</text>' % (top + 16 + i * height, spans(line))
        for i, line in enumerate(lines)
        if line
    )
    total = top + 24 + len(lines) * height
    dots = "".join(
        '<circle cx="%d" cy="20" r="6" fill="%s"/>' % (24 + 20 * i, color)
        for i, color in enumerate(["#ff5f56", "#ffbd2e", "#27c93f"])
    )
    return """<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" role="img">
<title>pgcdc demo in a terminal: transactions, their changes, and a comparison at the end</title>
<rect width="100%%" height="100%%" rx="8" fill="#0d1117"/>
%s
<g font-family="%s" font-size="13">
%s
</g>
</svg>
""" % (width, total, width, total, dots, FONT, rows)


def flow():
    """Where the bytes go, and where the acknowledgement goes back."""
    boxes = [  # x, y, width, title, second line
        (20, 60, 130, "PostgreSQL", "WAL, slot, pgoutput"),
        (210, 60, 150, "PGWire", "TLS, login, frames"),
        (420, 60, 150, "PGOutput", "messages, rows, values"),
        (630, 60, 170, "ReplicationCore", "whole transactions"),
        (630, 210, 170, "your connector", "writes to your store"),
        (420, 210, 150, "CheckpointStore", "saved first"),
        (210, 210, 150, "feedback", "own thread, own clock"),
    ]
    arrows = [  # from, to, text, where the text is
        ((150, 90), (210, 90), "bytes", (180, 80)),
        ((360, 90), (420, 90), "frames", (390, 80)),
        ((570, 90), (630, 90), "rows", (600, 80)),
        ((715, 120), (715, 210), "transaction", (720, 170)),
        ((630, 240), (570, 240), "acknowledge", (600, 285)),
        ((420, 240), (360, 240), "durable LSN", (390, 285)),
        ((210, 240), (85, 240), "", (0, 0)),
        ((85, 240), (85, 120), "status update", (90, 190)),
    ]
    parts = []
    for (x, y, width, title, second) in boxes:
        parts.append('<rect x="%d" y="%d" width="%d" height="60" rx="8" fill="#ddf4ff" stroke="#0969da"/>' % (x, y, width))
        parts.append('<text x="%d" y="%d" text-anchor="middle" font-weight="600">%s</text>' % (x + width / 2, y + 26, title))
        parts.append('<text x="%d" y="%d" text-anchor="middle" font-size="12">%s</text>' % (x + width / 2, y + 45, second))
    for (start, end, text, place) in arrows:
        head = ' marker-end="url(#head)"' if end != (85, 240) else ""
        parts.append('<path d="M%d %d L%d %d" stroke="#57606a" stroke-width="1.5" fill="none"%s/>' % (*start, *end, head))
        if text:
            anchor = "start" if start[0] == end[0] else "middle"
            parts.append('<text x="%d" y="%d" text-anchor="%s" font-size="12" fill="#57606a">%s</text>' % (*place, anchor, text))
    return """<svg xmlns="http://www.w3.org/2000/svg" width="820" height="310" viewBox="0 0 820 310" role="img">
<title>Bytes go from PostgreSQL to your connector; the durable position goes back</title>
<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 L10 5 L0 10 z" fill="#57606a"/></marker></defs>
<rect width="100%%" height="100%%" rx="8" fill="#ffffff"/>
<g font-family="-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14" fill="#1f2328">
<text x="20" y="34" font-weight="600">Changes go right, the durable position comes back</text>
%s
</g>
</svg>
""" % "\n".join(parts)


if len(sys.argv) != 3:
    sys.exit(__doc__)
(CATALOG / "flow.svg").write_text(flow())
(FOLDER / "demo.svg").write_text(demo(sys.argv[1], sys.argv[2]))
