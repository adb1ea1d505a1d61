"""Compares pgcdc's events with those of Debezium's engine, one by one.

usage: compare.py [--snapshot] COLUMNS DEBEZIUM OURS [EXPECTED]

COLUMNS is the columns.json of history.py, DEBEZIUM a file of drain.py, OURS what `pgcdc stream --format debezium` printed.
Each kind of difference is printed with its count and one example: those that `differences.py` lists with their reason, then
all others. Into the file EXPECTED go Debezium's events, keys and tombstones included, with our values where
a difference has a reason; times of the run and versions are left out. Ends with status 1 if there are others, or if hardly anything was compared.
"""

import json
import sys
from difflib import SequenceMatcher

import differences

# What says when an event was made, and by what program.
OF_THE_RUN = {("ts_ms",), ("ts_us",), ("ts_ns",), ("source", "version")}
# Two snapshots are read at two times, from two positions.
OF_THE_READING = {("source", name) for name in ("ts_ms", "ts_us", "ts_ns", "lsn")}
MISSING = "(missing)"


def load(path):
    return [json.loads(line) for line in open(path, encoding="utf-8")]


def cut(events, is_snapshot):
    """The events up to the last change, or the rows of the snapshot in an order of their own."""
    if is_snapshot:
        rows = [event for event in events if event.get("op") == "r"]
        rows = [without_position(row) for row in rows]
        return sorted(rows, key=lambda event: (event["source"]["table"], event["after"].get("n", 0)))
    for index, event in enumerate(events):
        if event.get("source", {}).get("table") == "finish":
            return events[: index + 1]
    sys.exit("compare.py: the last change did not come")


def without_position(event):
    """A row of a snapshot with a sequence that doesn't say its position, if that is the one that the row has."""
    source = event["source"]
    sequence = [part if part != str(source["lsn"]) else "lsn" for part in json.loads(source["sequence"])]
    return {**event, "source": {**source, "sequence": sequence}}


def identity(event):
    """What makes two events the same one."""
    if "status" in event:
        return event["status"], event["id"].split(":")[0]
    if event["op"] == "r":
        return event["source"]["table"], event["after"].get("n", 0)
    source = event["source"]
    return event["op"], source["schema"], source["table"], source["lsn"], event.get("message", {}).get("prefix")


def is_same(ours, theirs):
    """Whether two values are equal. For Python true is 1, which is a difference; and 1 is 1.0, which is one of digits."""
    return ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)


def walk(path, ours, theirs):
    """The paths where two pieces of JSON differ, with both values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if list(ours) != list(theirs) and set(ours) == set(theirs):
            yield path + ("(order)",), list(ours), list(theirs)
        for name in {**theirs, **ours}:
            yield from walk(path + (name,), ours.get(name, MISSING), theirs.get(name, MISSING))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        if path == ("data_collections",):
            if ours != theirs:
                yield path, ours, theirs
            return
        for one, other in zip(ours, theirs):
            yield from walk(path + ("[]",), one, other)
    elif not is_same(ours, theirs):
        yield path, ours, theirs


class Comparison:
    def __init__(self, columns):
        self.columns = columns
        # By reason and path: how often, and the first pair.
        self.found = {}
        self.compared = 0
        # Of Debezium's events, what is to be there by the reasons.
        self.replacements = []

    def note(self, path, ours, theirs, event, column=None):
        """Counts a difference, and returns the reason for it, if there is one."""
        difference = differences.Difference(path, ours, theirs, event, column)
        reason = next((known.reason for known in differences.KNOWN if known.matches(difference)), None)
        kind = (reason, ".".join(path))
        count, *example = self.found.get(kind, (0, ours, theirs))
        self.found[kind] = (count + 1, *example)
        return reason

    def compare(self, ours, theirs):
        self.compared += 1
        columns = self.columns.get(theirs.get("source", {}).get("table"), {})
        leaves_out = OF_THE_RUN | OF_THE_READING if theirs.get("op") == "r" else OF_THE_RUN
        for path, one, other in walk((), ours, theirs):
            if path in leaves_out:
                continue
            column, place = None, path
            if path[0] in ("before", "after") and len(path) > 1:
                column = columns.get(path[1])
                path = (path[0], column["type"] if column else path[1]) + path[2:]
            elif "status" in theirs:
                path = (theirs["status"],) + path
            if self.note(path, one, other, theirs, column):
                self.replacements.append((theirs, place, one))

    def compare_all(self, ours, theirs):
        matcher = SequenceMatcher(None, [identity(e) for e in ours], [identity(e) for e in theirs], autojunk=False)
        for tag, first, end, other_first, other_end in matcher.get_opcodes():
            if tag == "equal":
                for one, other in zip(ours[first:end], theirs[other_first:other_end]):
                    self.compare(one, other)
                continue
            for event in ours[first:end]:
                self.note(("event",), event, MISSING, event)
            for event in theirs[other_first:other_end]:
                self.note(("event",), MISSING, event, event)

    def print(self):
        """Prints what was found, and returns how many kinds of it no reason is known for."""
        print(f"{self.compared} events compared")
        unknown = 0
        for (reason, path), (count, ours, theirs) in sorted(self.found.items(), key=lambda item: item[0][0] or "~"):
            print(f"\n{path}: {count} times, {reason or 'NOT EXPECTED'}")
            print(f"  ours      {shown(ours)}\n  Debezium  {shown(theirs)}")
            unknown += reason is None
        return unknown


def write_expected(path, records, replacements):
    for event, place, value in replacements:
        target = event
        for name in place[:-1]:
            target = target[name]
        target[place[-1]] = value
    with open(path, "w", encoding="utf-8") as file:
        for record in records:
            value = record["value"]
            # A tombstone of a table without a key; pgcdc has none.
            if not value and not record["key"]:
                continue
            if value and "status" in value:
                record["key"]["id"] = value["id"]
            elif value:
                for place in OF_THE_RUN:
                    (value if len(place) == 1 else value[place[0]]).pop(place[-1], None)
            file.write(json.dumps(record, ensure_ascii=False) + "\n")


def shown(value):
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 400 else text[:400] + "…"


def main():
    arguments = sys.argv[1:]
    is_snapshot = arguments[0] == "--snapshot"
    columns, debezium, ours, *expected = arguments[is_snapshot:]
    comparison = Comparison(load(columns)[0])
    records = load(debezium)
    # pgcdc prints no tombstones.
    theirs = cut([record["value"] for record in records if record["value"] is not None], is_snapshot)
    comparison.compare_all(cut(load(ours), is_snapshot), theirs)
    unknown = comparison.print()
    for path in expected:
        write_expected(path, records, comparison.replacements)
    if unknown:
        sys.exit(f"compare.py: {unknown} kinds of differences that are not expected")
    if comparison.compared * 2 < len(theirs) or not comparison.compared:
        sys.exit(f"compare.py: only {comparison.compared} of {len(theirs)} events could be compared")


main()
