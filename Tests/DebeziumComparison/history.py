"""Writes tables and a history of random changes as SQL.

usage: history.py SEED TRANSACTIONS FOLDER

Into the folder go tables.sql, rows.sql (what the tables hold before the changes), changes.sql, and columns.json: of each
table's columns the type, whether it has a default, and whether old rows have it. The same seed gives the same files. The last change is a row of the table `finish`.
"""

import json
import random
import sys
from pathlib import Path

import values

IDENTITIES = ["DEFAULT", "FULL"]


class Table:
    """A table with a column `n`, which numbers its rows, and the columns of its key before all others."""

    def __init__(self, name, source, columns, key, identity, long=False):
        self.name, self.source, self.long = name, source, long
        self.columns = [(f"c{index}", *column) for index, column in enumerate(columns)]
        self.key = [(f"k{index}", *column) for index, column in enumerate(key)]
        self.identity = identity
        self.rows = []
        self.last = 0
        self.defaults = set()

    @property
    def can_update(self):
        return self.identity == "FULL" or (bool(self.key) and self.identity == "DEFAULT")

    def types(self):
        columns = {name: self.facts(name, type) for name, type, _ in self.key + self.columns}
        return {"n": self.facts("n", "int4"), **columns}

    def facts(self, name, type):
        is_key = any(name == key for key, *_ in self.key)
        return {
            "type": type,
            "hasDefault": name in self.defaults,
            "isInOldRows": is_key or self.identity == "FULL",
        }

    def create(self):
        lines = [f"{name} {type} NOT NULL" for name, type, _ in self.key] + ["n int4"]
        for name, type, _ in self.columns:
            line = f"{name} {type}"
            default = values.DEFAULTS.get(type)
            if default and self.source.random() < 0.5:
                line += f" DEFAULT {self.source.choice(default)}"
                self.defaults.add(name)
            if not self.long and self.source.random() < 0.25:
                line += " NOT NULL"
                self.columns = [
                    (n, t, v + ["NOT NULL"] if n == name else v) for n, t, v in self.columns
                ]
            lines.append(line)
        if self.key:
            lines.append(f"PRIMARY KEY ({', '.join(name for name, *_ in self.key)})")
        yield f"CREATE TABLE {self.name} ({', '.join(lines)});"
        yield f"ALTER TABLE {self.name} REPLICA IDENTITY {self.identity};"
        if self.long:
            yield f"ALTER TABLE {self.name} SET (toast_tuple_target = 128);"
            for name, *_ in self.columns:
                yield f"ALTER TABLE {self.name} ALTER COLUMN {name} SET STORAGE EXTERNAL;"

    def literal(self, kind):
        if self.long:
            return values.quoted(kind(self.source))
        if kind[-1] == "NOT NULL":
            return values.quoted(self.source.choice(kind[:-1]))
        return values.value(self.source, kind)

    def key_literals(self, number):
        return [values.quoted(make(number)) for _, _, make in self.key]

    def insert(self):
        self.last += 1
        n = self.last
        self.rows.append(n)
        literals = self.key_literals(n) + [str(n)] + [self.literal(kind) for *_, kind in self.columns]
        return f"INSERT INTO {self.name} VALUES ({', '.join(literals)});"

    def update(self, changes_key):
        n = self.source.choice(self.rows)
        some = self.source.sample(self.columns, min(len(self.columns), self.source.choice([0, 1, 1, 2, 3])))
        sets = [f"{name} = {self.literal(kind)}" for name, _, kind in some]
        if changes_key and self.key:
            self.last += 1
            self.rows.remove(n)
            self.rows.append(self.last)
            sets += [f"{name} = {literal}" for (name, *_), literal in zip(self.key, self.key_literals(self.last))]
            sets.append(f"n = {self.last}")
        return f"UPDATE {self.name} SET {', '.join(sets or ['n = n'])} WHERE n = {n};"

    def delete(self):
        n = self.source.choice(self.rows)
        self.rows.remove(n)
        return f"DELETE FROM {self.name} WHERE n = {n};"

    def truncate(self):
        self.rows.clear()
        return f"TRUNCATE {self.name};"


def make_tables(source):
    count = len(values.TYPES)
    tables = []
    for identity in IDENTITIES:
        # All types, so that none depends on the seed.
        key = [source.choice(values.KEYS[:5])]
        tables.append(Table(f"all_{identity.lower()}", source, values.TYPES, key, identity))
    for index in range(6):
        columns = [values.TYPES[source.randrange(count)] for _ in range(source.randint(1, 9))]
        # The first is different in each row.
        key = [values.KEYS[source.randrange(5)]] + source.sample(values.KEYS, source.choice([0, 1, 2]))
        if index == 4:
            key = []
        tables.append(Table(f"r{index}", source, columns, key, "FULL" if index == 4 else IDENTITIES[index % 2]))
    # Without a key and without an identity only rows can be added.
    tables.append(Table("keyless", source, values.TYPES[:5], [], "DEFAULT"))
    for identity in IDENTITIES:
        columns = list(values.LONG.items())
        tables.append(Table(f"long_{identity.lower()}", source, columns, [values.KEYS[0]], identity, long=True))
    return tables


def change(table, source):
    kinds = ["insert"] * 3
    if table.can_update and table.rows:
        kinds += ["update"] * 4 + ["key"] + ["delete"] * 2
    if source.random() < 0.03:
        return table.truncate()
    kind = source.choice(kinds)
    if kind == "insert":
        return table.insert()
    if kind == "delete":
        return table.delete()
    return table.update(kind == "key")


def message(source, transactional):
    prefix = source.choice(["p", "it''s", "é"])
    flag = str(transactional).lower()
    return f"SELECT pg_logical_emit_message({flag}, '{prefix}', 'content {source.randrange(99)}');"


def transaction(tables, source):
    yield "BEGIN;"
    for _ in range(source.choice([1, 1, 2, 3, 5, 8])):
        if source.random() < 0.05:
            yield message(source, True)
        if source.random() < 0.1:
            # What is rolled back must leave no trace, so that it may name rows that stay.
            table = source.choice(tables)
            yield "SAVEPOINT s;"
            if table.can_update and table.rows:
                yield f"UPDATE {table.name} SET n = n;"
            yield "ROLLBACK TO s;"
        yield change(source.choice(tables), source)
    if source.random() < 0.05:
        yield f"TRUNCATE {', '.join(table.name for table in tables[:2])};"
        for table in tables[:2]:
            table.rows.clear()
    yield "COMMIT;"


def changes(tables, source, count):
    for table in tables:
        # Each kind once, whatever the seed is.
        yield table.insert()
        if table.can_update:
            yield table.update(False)
            yield table.update(True)
            yield table.delete()
    for _ in range(count):
        yield from transaction(tables, source)
        if source.random() < 0.05:
            yield message(source, False)
    yield from ["BEGIN;", tables[2].insert(), message(source, True), f"TRUNCATE {tables[2].name}, keyless;", "COMMIT;"]
    yield message(source, False)
    yield "SELECT pg_replication_origin_create('elsewhere');"
    yield "SELECT pg_replication_origin_session_setup('elsewhere');"
    yield "BEGIN;"
    yield "SELECT pg_replication_origin_xact_setup('0/1234', '2001-01-01');"
    yield tables[0].insert()
    yield "COMMIT;"
    yield "SELECT pg_replication_origin_session_reset();"
    yield "INSERT INTO finish VALUES (1);"


def main():
    seed, count, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    source = random.Random(seed)
    tables = make_tables(source)
    lines = [values.PREPARATIONS]
    for table in tables:
        lines += table.create()
    lines.append("CREATE TABLE finish (id int4 PRIMARY KEY);")
    lines.append(f"CREATE PUBLICATION p FOR TABLE {', '.join(t.name for t in tables)}, finish;")
    write(folder / "tables.sql", lines)
    write(folder / "rows.sql", [table.insert() for table in tables for _ in range(8)])
    write(folder / "changes.sql", changes(tables, source, count))
    types = {table.name: table.types() for table in tables}
    (folder / "columns.json").write_text(json.dumps(types))


def write(path, lines):
    path.write_text("\n".join(["\\set ON_ERROR_STOP on", *lines]) + "\n", encoding="utf-8")


main()
