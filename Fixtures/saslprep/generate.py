#!/usr/bin/env python3
"""Writes the tables of SASLprep, and what they are tested with. Run it without arguments.

  SASLprepTables.swift              the tables of RFC 3454, packed, and
  DecompositionTable.swift          those of NFKC, in Sources/PGWire/Protocol/Authentication/SASLprep
  Fixtures/saslprep/scalars.txt                  what becomes of each code point by itself
  Fixtures/saslprep/strings.txt                  what becomes of strings, in hexadecimal

The data is that of Python's modules `stringprep` (RFC 3454, which is Unicode 3.2) and `unicodedata`.
Only what Unicode 3.2 has is decomposed, as everything else is prohibited; those decompositions have
not changed since, so that every version of Python writes the same.
"""

import pathlib
import random
import stringprep
import unicodedata

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
HANGUL = range(0xAC00, 0xD7A4)
SCALARS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


def number(value):
    """Digits of five bits, the lowest first; all but the last have 32 added."""
    text = ""
    while value >= 32:
        text += ALPHABET[value & 31 | 32]
        value >>= 5
    return text + ALPHABET[value]


def signed(value):
    return number(value << 1 if value >= 0 else -value << 1 | 1)


def packed_ranges(test):
    """Pairs of numbers: how far behind the last range this one begins, and its length less one."""
    text, end, start = "", 0, None
    for code in range(0x110001):
        if code < 0x110000 and test(chr(code)):
            start = code if start is None else start
        elif start is not None:
            text += number(start - end) + number(code - start - 1)
            end, start = code, None
    return text


def prohibited(c):
    s = stringprep
    return (s.in_table_c12(c) or s.in_table_c21_c22(c) or s.in_table_c3(c) or s.in_table_c4(c)
            or s.in_table_c5(c) or s.in_table_c6(c) or s.in_table_c7(c) or s.in_table_c8(c)
            or s.in_table_c9(c))


def is_unassigned(c):
    return stringprep.in_table_a1(c)


def packed_decompositions():
    """For each: how far behind the last, twice the length plus one if it composes again, and the
    code points as differences to the one before."""
    text, last, before, entries = "", 0, 0, 0
    for code in SCALARS:
        c = chr(code)
        data = unicodedata.decomposition(c)
        if not data or code in HANGUL or unicodedata.ucd_3_2_0.category(c) == "Cn":
            continue
        parts = data.split()
        is_canonical = not parts[0].startswith("<")
        codes = [int(part, 16) for part in parts if not part.startswith("<")]
        composes = (is_canonical and len(codes) == 2
                    and unicodedata.normalize("NFC", "".join(map(chr, codes))) == c)
        text += number(code - last) + number(len(codes) << 1 | composes)
        for part in codes:
            text += signed(part - before)
            before = part
        last, entries = code, entries + 1
    return text


def saslprep(text):
    """As PostgreSQL's src/common/saslprep.c has it; None for "as it is"."""
    s = stringprep
    mapped = "".join(" " if s.in_table_c12(c) else c for c in text
                     if s.in_table_c12(c) or not s.in_table_b1(c))
    if not mapped or any(prohibited(c) or is_unassigned(c) for c in mapped):
        return None
    if any(s.in_table_d1(c) for c in mapped):
        if any(s.in_table_d2(c) for c in mapped):
            return None
        if not (s.in_table_d1(mapped[0]) and s.in_table_d1(mapped[-1])):
            return None
    return unicodedata.normalize("NFKC", mapped)


def literal(name, summary, text):
    lines = [text[i:i + 95] for i in range(0, len(text), 95)]
    body = "\\\n".join("    " + line for line in lines)
    return f'  /// {summary}\n  static let {name}: StaticString = """\n{body}\n    """\n'


def write_tables():
    tables = [
        ("spaces", "RFC 3454, C.1.2.", packed_ranges(stringprep.in_table_c12)),
        ("ignored", "RFC 3454, B.1.", packed_ranges(stringprep.in_table_b1)),
        ("prohibited", "RFC 3454, C.1.2 to C.9.", packed_ranges(prohibited)),
        ("unassigned", "RFC 3454, A.1.", packed_ranges(is_unassigned)),
        ("rightToLeft", "RFC 3454, D.1.", packed_ranges(stringprep.in_table_d1)),
        ("leftToRight", "RFC 3454, D.2.", packed_ranges(stringprep.in_table_d2)),
    ]
    head = "// Written by Fixtures/saslprep/generate.py; not to be edited.\n\n"
    ranges = head + "/// The tables of RFC 3454, packed.\nenum SASLprepTables {\n"
    ranges += "\n".join(literal(*table) for table in tables) + "}\n"
    write("Sources/PGWire/Protocol/Authentication/SASLprep/SASLprepTables.swift", ranges)
    decompositions = head + "/// What NFKC takes apart and puts together, packed.\n"
    decompositions += "enum DecompositionTable {\n"
    decompositions += literal("packed", "One level of it.", packed_decompositions()) + "}\n"
    write("Sources/PGWire/Protocol/Authentication/SASLprep/DecompositionTable.swift", decompositions)


def write_scalars():
    """Runs of code points to which the same happens: kept, raw, or changed into these."""
    lines, run = [], None
    for code in SCALARS + [None]:
        outcome = None if code is None else saslprep(chr(code))
        word = ("raw" if outcome is None
                else "kept" if outcome == chr(code)
                else outcome.encode().hex()) if code is not None else None
        if run and word == run[2] and code == run[1] + 1:
            run[1] = code
            continue
        if run:
            lines.append(f"{run[0]:X} {run[1]:X} {run[2]}")
        run = [code, code, word]
    write("Fixtures/saslprep/scalars.txt", "\n".join(lines) + "\n")


def write_strings():
    generator = random.Random(20260101)
    usable = [chr(c) for c in SCALARS if saslprep(chr(c)) is not None]
    marks = [c for c in usable if unicodedata.combining(c)]
    changed = [c for c in usable if saslprep(c) != c]
    jamo = [chr(c) for c in range(0x1100, 0x1200) if chr(c) in set(usable)]
    syllables = [chr(c) for c in range(0xAC00, 0xD7A4, 7)]
    letters = [c for c in usable if unicodedata.category(c) == "Ll" and ord(c) < 0x2000]
    right = [c for c in usable if stringprep.in_table_d1(c)]
    odd = ["\u200b", "\u00ad", "\u00a0", "\u0007", "\u0340", "\U0001F600", "\u0221", "\uE000"]
    kinds = [
        lambda: generator.choice(letters) + pick(marks, 1, 5) + pick(letters, 0, 2),
        lambda: pick(changed, 1, 4) + pick(marks, 0, 3),
        lambda: pick(jamo, 2, 6) + pick(marks, 0, 1),
        lambda: pick(syllables, 1, 2) + pick(jamo, 0, 2) + pick(marks, 0, 2),
        lambda: pick(right, 1, 3) + pick(marks, 0, 1) + pick(right, 0, 1),
        lambda: pick(right, 1, 2) + pick(letters + changed, 0, 1) + pick(right, 0, 1),
        lambda: pick(letters + odd, 1, 4) + pick(changed, 0, 2),
        lambda: pick(usable, 1, 6),
    ]

    def pick(characters, least, most):
        return "".join(generator.choices(characters, k=generator.randint(least, most)))

    texts = {generator.choice(kinds)() for _ in range(1500)}
    texts |= {"", "\u00ad", "\ufb01", "\ufb01\U0001F600", "a\u00adb", "a\u00a0b", "\u00aa", "\u2168"}
    lines = []
    for text in sorted(texts):
        outcome = saslprep(text)
        lines.append(f"{text.encode().hex() or '-'} {'raw' if outcome is None else outcome.encode().hex()}")
    write("Fixtures/saslprep/strings.txt", "\n".join(lines) + "\n")


def write(path, text):
    file = ROOT / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    print(f"{path}: {len(text)} bytes, {text.count(chr(10))} lines")


write_tables()
write_scalars()
write_strings()
