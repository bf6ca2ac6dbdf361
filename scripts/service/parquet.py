"""Writes small Parquet files of required columns with Python's standard library alone: pages that are plain or packed by gzip,
as the format's description has them (Thrift's compact protocol around the values of each column)."""

import gzip
import struct

TEXT, NUMBER, REAL = 6, 2, 5  # BYTE_ARRAY, INT64, DOUBLE
PLAIN, GZIP = 0, 2


class Long(int):
    """A whole number of 64 bits; others have 32."""


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes(out + bytes([value]))


def encode(value):
    """The type of a field in the compact protocol, and its bytes: whole numbers, texts, lists, and records by field number."""
    if isinstance(value, int):
        return 6 if isinstance(value, Long) else 5, varint(value << 1)
    if isinstance(value, bytes):
        return 8, varint(len(value)) + value
    if isinstance(value, list):
        parts = [encode(one) for one in value]
        head = bytes([len(parts) << 4 | parts[0][0]]) if len(parts) < 15 else bytes([0xF0 | parts[0][0]]) + varint(len(parts))
        return 9, head + b"".join(bytes_ for _, bytes_ in parts)
    out, last = b"", 0
    for number in sorted(value):
        type_, bytes_ = encode(value[number])
        out += bytes([(number - last) << 4 | type_]) + bytes_
        last = number
    return 12, out + b"\0"


def table(names, columns, codec=PLAIN):
    """A file with one row group. Columns are lists of texts, of whole numbers or of others."""
    out = bytearray(b"PAR1")
    schema, chunks, rows = [{4: b"table", 5: len(names)}], [], len(columns[0])
    for name, column in zip(names, columns):
        isText = isinstance(column[0], str)
        type_ = TEXT if isText else REAL if isinstance(column[0], float) else NUMBER
        values = (b"".join(struct.pack("<I", len(v)) + v.encode() for v in column) if isText
                  else struct.pack(f"<{rows}{'d' if type_ == REAL else 'q'}", *column))
        packed = gzip.compress(values) if codec == GZIP else values
        page = encode({1: 0, 2: len(values), 3: len(packed), 5: {1: rows, 2: 0, 3: 3, 4: 3}})[1]
        place = len(out)
        out += page + packed
        schema.append({1: type_, 3: 0, 4: name.encode(), **({6: 0} if isText else {})})
        chunks.append({2: Long(place), 3: {
            1: type_, 2: [0], 3: [name.encode()], 4: codec, 5: Long(rows), 6: Long(len(page) + len(values)),
            7: Long(len(page) + len(packed)), 9: Long(place)}})
    footer = encode({1: 2, 2: schema, 3: Long(rows), 4: [{1: chunks, 2: Long(len(out)), 3: Long(rows)}]})[1]
    return bytes(out) + footer + struct.pack("<I", len(footer)) + b"PAR1"
