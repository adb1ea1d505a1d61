"""Types of columns that Debezium and pgcdc both know, and values of each, as literals of SQL without their quotes."""

import random

# (type, values). A type may be given several times, with a declared precision or without one.
TYPES = [
    ("bool", ["t", "f"]),
    ("int2", ["-32768", "32767", "0"]),
    ("int4", ["-2147483648", "2147483647", "7"]),
    ("int8", ["-9223372036854775808", "9223372036854775807", "0"]),
    ("oid", ["0", "4294967295"]),
    ("float4", ["0", "-0", "1", "1.1", "1e6", "1e-5", "3.4028235e38", "16777216"]),
    ("float8", ["0", "-0", "1", "0.1", "1e15", "1e-7", "1e23", "5e-324", "1.7976931348623157e308"]),
    ("numeric(10,2)", ["0", "1", "-1.25", "12345678.90", "-99999999.99"]),
    ("numeric(6)", ["0", "127", "128", "-128", "-129", "255", "999999"]),
    ("numeric(5,-2)", ["0", "100", "-1234500"]),
    ("numeric(3,5)", ["0", "0.00123", "-0.00999"]),
    ("numeric", ["0", "0.00", "1.50", "-0.0001", "1e20", "100", "1e-30", "-123456789012345678901234567890.5"]),
    ("money", ["0", "-12.34", "1234567.89", "-92233720368547758.08"]),
    ("text", ["", " ", "a", "é☃𝄞", 'a"b\\c', "line\nbreak", "NULL", "it's", "\x01"]),
    ("varchar(40)", ["", "abc", "é☃"]),
    ("char(5)", ["", "ab", "abcde"]),
    ('"char"', ["", "A"]),
    ("name", ["", "n", "a b"]),
    ("bytea", ["\\x", "\\x00ff10", "\\x616263"]),
    ("uuid", ["00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"]),
    ("json", ['{"a":  [1, null]}', "1", '"x"']),
    ("jsonb", ['{"a":  [1, null], "é": 1e3}', "1", '"x"']),
    ("xml", ['<a b="c">d</a>']),
    ("bit", ["0", "1"]),
    ("bit(5)", ["10101", "00000", "11111"]),
    ("bit(16)", ["1010101010101010", "1111111111111111", "0000000000000001"]),
    ("varbit", ["1", "101", "1111111100000000"]),
    ("varbit(9)", ["1", "111111111"]),
    ("date", ["2000-01-01", "1969-12-31", "0001-01-01", "0044-03-15 BC", "9999-12-31", "12345-01-02"]),
    ("date", ["infinity", "-infinity"]),
    ("time", ["00:00:00", "13:14:15.000001", "23:59:59.999999", "24:00:00"]),
    ("time(3)", ["00:00:00", "13:14:15.123", "23:59:59.999"]),
    ("time(0)", ["00:00:01"]),
    ("timetz", ["13:14:15+02:30", "00:00:00-11", "23:59:59.123456+00", "24:00:00+00"]),
    ("timetz(3)", ["13:14:15.5+02:30"]),
    ("timestamp", ["2000-01-01 00:00:00", "1969-12-31 23:59:59.999999", "0044-03-15 01:02:03 BC",
                   "9999-12-31 23:59:59", "12345-06-07 08:09:10.123456"]),
    ("timestamp(0)", ["2000-01-01 00:00:01"]),
    ("timestamp(3)", ["2000-01-01 00:00:00.123", "1969-12-31 23:59:59.999"]),
    ("timestamp", ["infinity", "-infinity"]),
    ("timestamptz", ["2000-01-01 00:00:00+00", "1969-12-31 23:59:59.999999+00", "2024-02-29 12:00:00.5+02",
                     "9999-12-31 23:59:59.999999+00", "0044-03-15 01:02:03 BC", "12345-06-07 08:09:10.123456+00"]),
    ("timestamptz(0)", ["2000-01-01 00:00:01+00"]),
    ("timestamptz(3)", ["2000-01-01 00:00:00.120+00", "2000-01-01 00:00:00+00"]),
    ("timestamptz", ["infinity", "-infinity"]),
    ("interval", ["0", "1 year 2 mons 3 days 04:05:06.7", "-1 mons +1 day -00:00:01", "100 hours", "-1 us"]),
    ("inet", ["192.168.1.5/24", "10.0.0.1", "::1/64"]),
    ("cidr", ["10.0.0.0/8", "::/0"]),
    ("macaddr", ["08:00:2b:01:02:03"]),
    ("macaddr8", ["08:00:2b:01:02:03:04:05"]),
    ("point", ["(1.5,-2)", "(0,0)", "(1e-7,1e20)"]),
    ("int4range", ["[1,5)", "empty", "(,5)"]),
    ("int8range", ["[1,5)"]),
    ("numrange", ["(1.50,2]"]),
    ("daterange", ["[2000-01-01,2000-01-02)"]),
    ("tsrange", ["[2000-01-01,)", "[2000-01-01 00:00:00,2000-01-02 01:02:03)"]),
    ("tstzrange", ["[2000-01-01 00:00:00+00,2001-01-01 00:00:00+00)"]),
    ("tsvector", ["a:1A,2B 'it''s':5"]),
    ("mood", ["sad", "so-so, \"really\""]),
    ("posint", ["5", "7"]),
    ("label", ["a", "b c"]),
    ("hstore", ["", '"a"=>"1", "b"=>NULL, "q\\"k"=>"x"']),
    ("citext", ["", "AbC"]),
    ("ltree", ["a.b_1.C"]),
    ("int2[]", ["{1,NULL,-3}"]),
    ("int4[]", ["{}", "{1,NULL,3}"]),
    ("int8[]", ["{9223372036854775807}"]),
    ("bool[]", ["{t,f,NULL}"]),
    ("float4[]", ["{1.5,NULL}"]),
    ("float8[]", ["{1.5,1e-7}"]),
    ("numeric(10,2)[]", ["{1.50,-2.25}"]),
    ("numeric[]", ["{1.50,2}"]),
    ("text[]", ["{}", '{a,"b,c",NULL,"NULL","","q\\"q"}']),
    ("varchar(9)[]", ["{a,b}"]),
    ("char(3)[]", ["{a,abc}"]),
    ("uuid[]", ["{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"]),
    ("date[]", ["{2000-01-01,1969-12-31}"]),
    ("time[]", ["{13:14:15}"]),
    ("timetz[]", ["{13:14:15+02}"]),
    ("timestamp[]", ["{\"2000-01-01 00:00:01.5\"}"]),
    ("timestamptz[]", ["{\"2000-01-01 00:00:01+00\"}"]),
    ("json[]", ['{"{\\"a\\": 1}"}']),
    ("jsonb[]", ['{"{\\"a\\": 1}"}']),
    ("inet[]", ["{10.0.0.1}"]),
    ("cidr[]", ["{10.0.0.0/8}"]),
    ("macaddr[]", ["{08:00:2b:01:02:03}"]),
    ("int4range[]", ['{"[1,5)"}']),
    ("mood[]", ["{sad}", "{}"]),
    ("citext[]", ["{AbC}"]),
    ("oid[]", ["{1,4294967295}"]),
    ("bytea[]", ['{"\\\\x00ff"}']),
]

# What the types of the list need.
PREPARATIONS = """
CREATE EXTENSION IF NOT EXISTS hstore;
CREATE EXTENSION IF NOT EXISTS citext;
CREATE EXTENSION IF NOT EXISTS ltree;
CREATE TYPE mood AS ENUM ('sad', 'so-so, "really"');
CREATE DOMAIN posint AS int4 CHECK (VALUE > 0);
CREATE DOMAIN label AS varchar(20);
"""

# Types of columns in primary keys, each with a value of a number.
KEYS = [
    ("int4", lambda n: str(n)),
    ("int8", lambda n: str(n * 10_000_000_000)),
    ("text", lambda n: f"k'{n}"),
    ("varchar(20)", lambda n: f"k{n}"),
    ("uuid", lambda n: f"00000000-0000-0000-0000-{n:012d}"),
    ("date", lambda n: f"2000-01-{n % 28 + 1:02d}"),
    ("timestamptz(3)", lambda n: f"2000-01-01 00:00:00.{n % 1000:03d}+00"),
    ("numeric(10,2)", lambda n: f"{n}.25"),
    ("bytea", lambda n: f"\\x{n:08x}"),
    ("bool", lambda n: "t" if n % 2 else "f"),
]

# Defaults that columns are declared with: literals, and what is computed.
DEFAULTS = {
    "int4": ["5", "(-5)", "1 + 1"],
    "int8": ["'-7'::int8"],
    "text": ["'it''s'", "upper('a')", "''"],
    "varchar(40)": ["'v'"],
    "bool": ["true", "false"],
    "numeric(10,2)": ["1.50", "3"],
    "numeric": ["1.50"],
    "date": ["'2000-01-02'", "CURRENT_DATE"],
    "timestamp": ["'2000-01-02 03:04:05'", "LOCALTIMESTAMP", "now()"],
    "timestamptz": ["now()", "CURRENT_TIMESTAMP"],
    "uuid": ["gen_random_uuid()"],
    "jsonb": ["'{\"a\": 1}'", "jsonb_build_object()"],
    "float8": ["0.5"],
    "mood": ["'sad'"],
    "interval": ["'1 day'"],
    "bytea": ["'\\x61'"],
    "time": ["'01:02:03'"],
    "text[]": ["'{}'", "'{a,b}'"],
    "int2": ["3"],
    "float4": ["1.5", "'-1.5'"],
    "oid": ["7"],
    "money": ["1.25", "'$1.25'"],
    "char(5)": ["'ab'"],
    "json": ["'{\"a\": 1}'"],
    "xml": ["'<a/>'"],
    "bit": ["B'1'"],
    "bit(5)": ["B'10101'"],
    "varbit": ["B'101'"],
    "time(3)": ["'01:02:03'", "LOCALTIME"],
    "timetz": ["'01:02:03+01'", "CURRENT_TIME"],
    "timestamp(0)": ["'2000-01-02 03:04:05'"],
    "timestamp(3)": ["'2000-01-02 03:04:05.678'"],
    "timestamptz(3)": ["'2000-01-02 03:04:05.678+00'"],
    "inet": ["'10.0.0.1'"],
    "macaddr": ["'08:00:2b:01:02:03'"],
    "point": ["'(1,2)'"],
    "int4range": ["'[1,5)'"],
    "posint": ["5"],
    "label": ["'a'"],
    "hstore": ["'\"a\"=>\"1\"'"],
    "citext": ["'A'"],
    "ltree": ["'a.b'"],
    "int4[]": ["'{1,2}'", "ARRAY[1]"],
    "numeric(6)": ["7"],
}

# Values for a table that stores whatever it can out of line: with STORAGE EXTERNAL they are not sent unless they change.
# A row has to have more than 2 kB for that.
LONG = {
    "text": lambda r: letters(r),
    "varchar": lambda r: letters(r),
    "bytea": lambda r: "\\x" + "".join(r.choices("0123456789abcdef", k=600)),
    "json": lambda r: '{"a": "' + letters(r) + '"}',
    "jsonb": lambda r: '{"a": "' + letters(r) + '"}',
    "hstore": lambda r: '"a"=>"' + letters(r) + '"',
    "text[]": lambda r: "{" + letters(r) + "}",
    "int4[]": lambda r: array(70, lambda: r.randrange(1000)),
    "int8[]": lambda r: array(35, lambda: r.randrange(1000)),
    "uuid[]": lambda r: array(17, lambda: f"00000000-0000-0000-0000-{r.randrange(9):012d}"),
    "date[]": lambda r: array(70, lambda: f"2000-01-{r.randrange(1, 29):02d}"),
}


def letters(source):
    return "".join(source.choices("abcdefgh", k=300))


def array(count, make):
    return "{" + ",".join(str(make()) for _ in range(count)) + "}"


def quoted(text):
    """A literal of SQL; one that has a backslash is the same under every setting."""
    if "\\" in text:
        return " E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + text.replace("'", "''") + "'"


def value(source: random.Random, values):
    """A literal of a random value, sometimes NULL."""
    return "NULL" if source.random() < 0.15 else quoted(source.choice(values))
