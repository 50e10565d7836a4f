#!/usr/bin/env python3
"""Keeps the open register of mismatches from tallystick.mismatch-state.v1, and prints it.

Needs a Kafka client (`pip install confluent-kafka`) to read from a broker:

    python3 open_register.py broker:9092 [tallystick]

With --file it reads records from a file instead, and needs nothing but Python: lines of "<key> TAB <value in hex>", where a line
without a value is a tombstone. The messages are read without generated code, to show how little there is to it; in a program of
your own generate the classes with protoc from proto/src/main/protobuf.
"""
import json
import sys

# tallystick.v1.Mismatch: field number -> name. What is not listed is skipped, as fields may be added.
FIELDS = {1: "mismatch_id", 2: "code", 3: "node", 4: "reference", 5: "amount_msat", 6: "residue_msat",
          7: "severity", 8: "state", 9: "since_ns", 10: "explanation", 11: "episode", 12: "rule_version"}
OPEN = 1


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def parse(data):
    """The fields of a Mismatch; those that are 0 or empty are absent on the wire."""
    message, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, at = varint(data, at)
            if value >= 1 << 63:  # int64: negative numbers take ten bytes
                value -= 1 << 64
        elif kind == 2:
            length, at = varint(data, at)
            value, at = data[at:at + length].decode("utf-8", "replace"), at + length
        elif kind in (1, 5):
            at += 8 if kind == 1 else 4
            continue
        else:
            raise ValueError("wire type %d" % kind)
        if number in FIELDS:
            message[FIELDS[number]] = value
    return message


def take(register, key, value):
    """The newest value of a key counts. None is a tombstone: closed, or settled by a person."""
    if value is None:
        register.pop(key, None)
        return
    mismatch = parse(value)
    if mismatch.get("state") == OPEN:
        register[key] = mismatch
    else:
        register.pop(key, None)  # ignored until a time


def from_file(path):
    register = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            key, _, value = line.rstrip("\n").partition("\t")
            take(register, key, bytes.fromhex(value) if value else None)
    return register


def from_kafka(servers, prefix):
    from confluent_kafka import Consumer, KafkaError  # pip install confluent-kafka

    consumer = Consumer({"bootstrap.servers": servers, "group.id": "open-register-example",
                         "auto.offset.reset": "earliest", "enable.auto.commit": False,
                         "isolation.level": "read_committed",  # what was never committed does not count
                         "enable.partition.eof": True})
    consumer.subscribe([prefix + ".mismatch-state.v1"])
    register, ended = {}, set()
    try:
        while True:
            record = consumer.poll(10)
            if record is None:
                return register
            if record.error():
                if record.error().code() != KafkaError._PARTITION_EOF:
                    raise RuntimeError(record.error())
                ended.add(record.partition())
                if len(ended) == len(consumer.assignment()):
                    return register  # a program of your own goes on
            else:
                take(register, record.key().decode(), record.value())
    finally:
        consumer.close()


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--file":
        register = from_file(arguments[1])
    elif arguments:
        register = from_kafka(arguments[0], arguments[1] if len(arguments) > 1 else "tallystick")
    else:
        sys.exit(__doc__)
    for key in sorted(register):
        print(json.dumps(register[key], sort_keys=True, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
