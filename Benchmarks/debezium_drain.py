"""Takes a slot's changes with Debezium's embedded engine, and ends after so many.

usage: debezium_drain.py HOST PORT DATABASE SLOT PUBLICATION TABLE COUNT FOLDER

The password is in PGPASSWORD. The events are what the engine's JSON converter makes of them, without
schemas; they are counted, and not looked at. It needs pydbzengine and a Java of version 17.
"""

import os
import sys
from pathlib import Path

from pydbzengine import BasePythonChangeHandler, DebeziumJsonEngine

host, port, database, slot, publication, table, count, folder = sys.argv[1:]

# The engine writes its log into the folder that it is in.
os.chdir(folder)


class Counter(BasePythonChangeHandler):
    seen = 0

    def handleJsonBatch(self, records):
        Counter.seen += len(records)
        if Counter.seen >= int(count):
            # What the engine does at its end is not measured.
            sys.stdout.write(f"{Counter.seen} events\n")
            sys.stdout.flush()
            os._exit(0)


properties = {
    "name": "bench",
    "connector.class": "io.debezium.connector.postgresql.PostgresConnector",
    "database.hostname": host,
    "database.port": port,
    "database.user": "postgres",
    "database.password": os.environ["PGPASSWORD"],
    "database.dbname": database,
    "topic.prefix": "bench",
    "plugin.name": "pgoutput",
    "slot.name": slot,
    "publication.name": publication,
    "publication.autocreate.mode": "disabled",
    "table.include.list": table,
    "snapshot.mode": "no_data",
    "max.batch.size": "8192",
    "max.queue.size": "32768",
    "poll.interval.ms": "50",
    "key.converter.schemas.enable": "false",
    "value.converter.schemas.enable": "false",
    "offset.storage": "org.apache.kafka.connect.storage.FileOffsetBackingStore",
    "offset.storage.file.filename": str(Path(folder) / f"{slot}.offsets"),
    "offset.flush.interval.ms": "60000",
}
DebeziumJsonEngine(properties=properties, handler=Counter()).run()
