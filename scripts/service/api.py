"""Schemathesis against a service that collects, and against one that is trained."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bench import Service, alice, bob  # noqa: E402

PROGRAM = os.path.abspath(os.environ["SCHEMATHESIS"]) if "SCHEMATHESIS" in os.environ else "schemathesis"
SECONDS = int(sys.argv[1])


def run(service, stage):
    print(f"== a task that is {stage}", flush=True)
    with open(os.path.join(service.directory, "openapi.yaml"), "wb") as file:
        file.write(service.call(None, "/openapi.yaml").body)
    configuration = os.path.join(service.directory, "schemathesis.toml")
    with open(configuration, "w", encoding="utf-8") as file:
        # A body of 2⁶³ rows would be right and never end.
        file.write("[parameters]\nnum_samples = 500\n")
    stem = os.path.join(service.directory, "Alice")
    command = [
        PROGRAM, "--config-file", configuration, "run", os.path.join(service.directory, "openapi.yaml"),
        "--url", f"https://127.0.0.1:{service.port}",
        "--tls-verify", "false", "--request-cert", stem + ".crt", "--request-cert-key", stem + ".key",
        "--phases", "examples,coverage,fuzzing", "--max-examples", "40", "--max-failures", "20", "--seed", "1",
        # Random cases end with this time; what was tried until then counts.
        "--max-time", str(SECONDS),
        "--request-timeout", "20", "--max-response-time", "15", "--no-color", "--generation-database", "none",
        # A halted or withdrawn task answers nothing interesting; both have tests of their own. What a client may send
        # as an identity is its certificate, which schemathesis cannot leave out.
        "--exclude-operation-id", "halt", "--exclude-operation-id", "withdraw",
        # A stage can refuse what the schema allows, and arguments that nobody knows are passed over.
        "--exclude-checks", "positive_data_acceptance,ignored_auth",
    ]
    ended = subprocess.run(["timeout", str(SECONDS + 120), *command]).returncode
    if ended == 124:
        sys.exit(f"schemathesis did not end within {SECONDS + 120} s on a task that is {stage}")
    if ended != 0:
        sys.exit(f"schemathesis found that /openapi.yaml is not true of a task that is {stage}")


service = Service("independent")
try:
    service.start()
    run(service, "collecting")
    for party, table in (("Alice", alice(2000)), ("Bob", bob(2000))):
        service.upload(party, table)
        service.call(party, "/confirm_data", "POST")
    service.wait("trained")
    run(service, "trained")
    print("every answer was one that /openapi.yaml describes")
finally:
    service.remove()
