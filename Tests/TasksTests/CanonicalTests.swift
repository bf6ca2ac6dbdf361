import Foundation
import Testing
import VectorMath

@testable import Tasks

@Suite("Canonical form and digest")
struct CanonicalTests {
    private static let redump = """
        import json, sys
        value = json.loads(sys.stdin.buffer.read())
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        sys.stdout.buffer.write(text.encode())
        """

    @Test("a task's bytes are what Python's json writes", .enabled(if: Tool.hasPython, "python3 is not installed"))
    func asPython() throws {
        let yaml = try Fixture.yaml(
            replacing: "purpose: Synthetic",
            with: #"purpose: "é e\u0301 😀 \u00a0 \" \\ / ½" #"#.appending("\n#"))
        let bytes = try TaskSpecification(yaml: yaml).canonicalBytes
        #expect(try Tool.run(["python3", "-c", Self.redump], input: bytes) == bytes)
    }

    @Test("Python computes the same digest from the YAML", .enabled(if: Tool.hasPyYAML, "PyYAML is not installed"))
    func digestFromYAML() throws {
        // Fills in what the README says is filled in; everything else is as it was read.
        let script = """
            import hashlib, json, sys, yaml
            task = yaml.safe_load(sys.stdin.buffer.read())
            task.setdefault("join", {"kind": "inner", "rows_per_key": 1})
            task.setdefault("synthesizer", {"method": "auto", "params": {}})
            task.setdefault("queries", [])
            task.setdefault("limits", {"upload_bytes": 2000000000, "rows": 20000000})
            task.setdefault("deadlines", {})
            task.setdefault("retention", {"tables": "destroy_after_fit"})
            for party in task["parties"]:
                key = party["table"]["key"]
                if "column" in key:
                    key["columns"] = [key.pop("column")]
                for field in party["table"]["fields"]:
                    field.get("constraints", {}).update(
                        (bound, float(field["constraints"][bound]))
                        for bound in ("minimum", "maximum") if bound in field.get("constraints", {}))
            text = json.dumps(task, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            print(hashlib.sha256(text.encode()).hexdigest())
            """
        let yaml = try Fixture.yaml(replacing: "'020110', no]", with: "'020110', 'no']")
        let digest = String(decoding: try Tool.run(["python3", "-c", script], input: Array(yaml.utf8)), as: UTF8.self)
        #expect(digest.trimmingCharacters(in: .newlines) == (try TaskSpecification(yaml: yaml).digest.hex))
    }

    @Test("numbers are written as Python's repr writes them", .enabled(if: Tool.hasPython, "python3 is not installed"))
    func numbers() throws {
        var numbers: [Double] = [
            0, -0.0, 1, 1e-9, 1e-4, 1e-5, 0.1, 1e12, 1e15, 1e16, 1.2e16, 1.7e16, 9_007_199_254_740_992, 1e17, 1e22,
            1e100,
            -1.5e16, 123_456_789_012_345_680, .greatestFiniteMagnitude, .leastNonzeroMagnitude, .leastNormalMagnitude,
        ]
        var generator = SplitMix64(state: 7)
        for _ in 0..<20_000 {
            let number = Double(bitPattern: generator.next())
            if number.isFinite { numbers.append(number) }
            numbers.append(Double(generator.next() >> 40) * pow(10, Double(generator.next() % 40) - 20))
        }
        let bytes = JSONValue.array(numbers.map(JSONValue.number)).canonicalBytes
        #expect(try Tool.run(["python3", "-c", Self.redump], input: bytes) == bytes)
    }

    @Test("the digest does not depend on order, comments, quotes or which defaults were written")
    func digestOfMeaning() throws {
        let task = try Fixture.task()
        let same =
            try Fixture.yaml(replacing: "task: trade-mirror-2022\n", with: "")
            .replacing("entrepot: 1", with: "# a comment\nentrepot: 1\n'task': \"trade-mirror-2022\"")
            .replacing("{column: id,", with: "{columns: [id],")
            .replacing("delta: 1.0e-9", with: "delta: 0.000000001")
            .replacing("minimum: 0,", with: "minimum: 0.0,") + "\njoin: {rows_per_key: 1}\nqueries: []\nlimits:\n"
        #expect(try TaskSpecification(yaml: same).digest == task.digest)
    }

    @Test(
        "every change of meaning changes the digest",
        arguments: [
            ("epsilon: 1.0", "epsilon: 1.0000001"), ("1.0e-9", "1.1e-9"), ("[low, med,", "[med, low,"),
            ("count: 32", "count: 33"), ("name: Bob", "name: Rob"), ("trade-mirror-2022", "trade-mirror-2023"),
            ("one joined record", "one firm"), ("[trim]", "[]"), ("prefix: 2", "prefix: 4"), ("NA]", "NB]"),
        ])
    func digestOfChange(old: String, new: String) throws {
        let changed = try TaskSpecification(yaml: Fixture.yaml(replacing: old, with: new))
        #expect(changed.digest != (try Fixture.task().digest))
    }

    @Test("the bytes of GET /spec read back, and only if they are canonical")
    func canonicalOnly() throws {
        let task = try Fixture.task()
        #expect(try TaskSpecification(canonicalBytes: task.canonicalBytes) == task)
        #expect(TaskDigest(hashing: task.canonicalBytes) == task.digest)
        #expect(throws: TaskError.notCanonical) {
            try TaskSpecification(canonicalBytes: task.canonicalBytes + [UInt8(ascii: "\n")])
        }
        #expect(throws: TaskError.notCanonical) { try TaskSpecification(canonicalBytes: Array(Fixture.yaml.utf8)) }
        #expect(throws: TaskError.notCanonical) { try TaskSpecification(canonicalBytes: [0xFF]) }
    }

    @Test("a digest reads back from its digits, and from nothing else")
    func hexadecimal() throws {
        let digest = try Fixture.task().digest
        #expect(TaskDigest(hex: digest.hex) == digest)
        #expect(TaskDigest(hex: digest.hex.dropLast(2) + "zz") == nil)
        #expect(TaskDigest(hex: "00") == nil)
    }
}

extension Tool {
    static let hasPyYAML = (try? run(["python3", "-c", "import yaml"], input: [])) != nil
}
