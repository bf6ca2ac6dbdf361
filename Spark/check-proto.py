#!/usr/bin/env python3
"""Compares connect.proto with pyspark's own descriptors: every message, field, number and type of it must be there.

    Spark/check-proto.py        (needs pyspark[connect] 4 and protoc)
"""
import os
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2
from pyspark.sql.connect.proto import base_pb2, relations_pb2

folder = os.path.dirname(os.path.abspath(__file__))
with tempfile.NamedTemporaryFile() as file:
    subprocess.run(["protoc", f"--descriptor_set_out={file.name}", f"-I{folder}", "connect.proto"], check=True)
    ours = descriptor_pb2.FileDescriptorSet.FromString(file.read()).file[0]

theirs = {}
for module in (base_pb2, relations_pb2):
    own = descriptor_pb2.FileDescriptorProto()
    module.DESCRIPTOR.CopyToProto(own)
    theirs.update({message.name: message for message in own.message_type})

faults, fields = [], 0


def compare(our, their, name):
    global fields
    if their is None:
        return faults.append(f"{name} is no message of Spark's")
    known = {field.name: field for field in their.field}
    for field in our.field:
        fields += 1
        other = known.get(field.name)
        if other is None:
            faults.append(f"{name}.{field.name} is not there")
        elif (field.number, field.type, field.label, field.type_name) != (
                other.number, other.type, other.label, other.type_name):
            faults.append(f"{name}.{field.name} is {other.number} of type {other.type} {other.type_name}")
    nested = {message.name: message for message in their.nested_type}
    for message in our.nested_type:
        compare(message, nested.get(message.name), f"{name}.{message.name}")


for message in ours.message_type:
    compare(message, theirs.get(message.name), message.name)
for fault in faults:
    print("FAULT", fault)
print(f"connect.proto: {fields} fields compared with pyspark's, {len(faults)} faults")
sys.exit(bool(faults))
