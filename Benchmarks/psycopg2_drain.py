"""Receives a number of messages with psycopg2 and drops them.

usage: psycopg2_drain.py HOST PORT MESSAGES
"""

import sys

import psycopg2
import psycopg2.extras

host, port, messages = sys.argv[1], sys.argv[2], int(sys.argv[3])
connection = psycopg2.connect(
    f"host={host} port={port} user=postgres dbname=postgres sslmode=disable",
    connection_factory=psycopg2.extras.LogicalReplicationConnection,
)
cursor = connection.cursor()
cursor.start_replication(
    slot_name="s", decode=False, options={"proto_version": "1", "publication_names": "p"}
)
received = 0


def receive(_message):
    global received
    received += 1
    if received == messages:
        raise psycopg2.extras.StopReplication


try:
    cursor.consume_stream(receive)
except psycopg2.extras.StopReplication:
    pass
