"""How pgcdc's events may differ from Debezium's: what Sources/ChangeFormats/ChangeFormats.docc/DebeziumEvents.md lists.

Whoever changes one of the two changes the other.
"""

import json
from dataclasses import dataclass
from typing import Any, Callable


@dataclass
class Difference:
    # Where it is; a column is named by its type, what begins or ends a transaction by its status.
    path: tuple
    ours: Any
    theirs: Any
    # Debezium's event, or ours where it has none.
    event: dict
    # What history.py says of the column, if it is in one.
    column: dict | None


@dataclass
class Known:
    reason: str
    matches: Callable[[Difference], bool]


def is_column(difference, *types):
    return len(difference.path) > 1 and difference.path[0] in ("before", "after") and difference.path[1] in types


def is_sent(difference):
    return difference.path[0] == "after" or difference.column["isInOldRows"]


def is_collection_of_messages(name):
    return name == "LOGICAL_DECODING_MESSAGE" or "LogicalDecodingMessageId" in name


def without_order(collections):
    """The counts by table, with all messages as one."""
    counts = {}
    for entry in collections:
        name = entry["data_collection"]
        name = "LOGICAL_DECODING_MESSAGE" if is_collection_of_messages(name) else name
        counts[name] = counts.get(name, 0) + entry["event_count"]
    return counts


def is_time_of_day_24(difference):
    return str(difference.ours).startswith("24:00:00") and str(difference.theirs).startswith("00:00:00")


def is_before_christ(value):
    """Of days, micro- or milliseconds since 1970, or a text."""
    return value < -719_000 if isinstance(value, int) else str(value).startswith("-")


KNOWN = [
    Known(
        "the id in a BEGIN has the commit's position, Debezium's that of the first record",
        lambda d: d.path == ("BEGIN", "id") and d.ours.split(":")[0] == d.theirs.split(":")[0],
    ),
    Known(
        "collections come in the order of their first events, and all messages are one",
        lambda d: d.path == ("END", "data_collections") and without_order(d.ours) == without_order(d.theirs),
    ),
    Known(
        "Debezium counts each message as a collection of its own",
        lambda d: d.path == ("transaction", "data_collection_order") and d.event["op"] == "m" and d.theirs == 1,
    ),
    Known(
        "a value that is really NULL stays null, where Debezium's converter has the default",
        lambda d: d.column and d.column["hasDefault"] and d.ours is None and is_sent(d),
    ),
    Known(
        "Debezium reads a negative scale as a large one",
        lambda d: is_column(d, "numeric(5,-2)") and isinstance(d.ours, str) and isinstance(d.theirs, str),
    ),
    Known(
        "Debezium's streams have no value for columns of the type name",
        lambda d: is_column(d, "name") and d.theirs in ("", None),
    ),
    Known("Debezium reads 24:00 with a time zone as midnight", lambda d: is_column(d, "timetz") and is_time_of_day_24(d)),
    Known(
        "Debezium marks a snapshot's first and last rows, of all and of each table",
        lambda d: d.path == ("source", "snapshot") and d.ours == "true" and str(d.theirs).startswith(("first", "last")),
    ),
    Known(
        "rows of a snapshot have no transaction; Debezium's have the latest of the server",
        lambda d: d.path == ("source", "txId") and d.event["op"] == "r" and d.ours is None,
    ),
    Known(
        "Debezium's snapshots have other days for -infinity and years BC than its streams have",
        lambda d: is_column(d, "date", "timestamp", "timestamptz") and d.event["op"] == "r" and is_before_christ(d.ours),
    ),
]
