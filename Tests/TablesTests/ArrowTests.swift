import Foundation
import Testing

@testable import Domains
@testable import Tables

/// Arrow streams, read back by somebody else's reader.
@Suite struct ArrowTests {
    @Test(
        "pyarrow reads names, types, values and what is missing",
        .enabled(if: Self.python != nil, "python3 has no pyarrow"))
    func pyarrow() throws {
        let script = """
            import sys, json, pyarrow as pa
            table = pa.ipc.open_stream(sys.stdin.buffer).read_all()
            table.validate(full=True)
            print(json.dumps({"types": [str(field.type) for field in table.schema],
                "nullable": [field.nullable for field in table.schema],
                "rows": [[str(value) for value in row.values()] for row in table.to_pylist()]}))
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [try #require(Self.python), "-c", script]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(try Self.stream()))
        try input.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let answer = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        let text = "dictionary<values=string, indices=int8, ordered=0>"
        #expect(answer["types"] as? [String] == [text, "int64", "double", "bool", "date32[day]", "double"])
        #expect(answer["nullable"] as? [Bool] == [true, true, true, true, true, false])
        let once = [
            ["high", "7", "0.0", "True", "1990-01-01", "0.5"],
            ["a, \"b\"", "9", "42.5", "False", "2020-01-12", "2.0"],
            ["a longer one\n", "None", "None", "None", "None", "0.5"],
        ]
        #expect(answer["rows"] as? [[String]] == once + once)
    }

    /// Two batches of the encoder's own example, with a column that is never missing.
    static func stream() throws -> [UInt8] {
        let domain = try TableDomain(
            schema: schema(
                #"""
                {"fields":[{"name":"level","type":"string","categories":["high","a, \"b\"","a longer one\n"]},
                  {"name":"n","type":"integer","constraints":{"minimum":7,"maximum":9}},
                  {"name":"v","type":"number","constraints":{"minimum":0,"maximum":100},"bins":{"count":10}},
                  {"name":"ok","type":"boolean"},
                  {"name":"day","type":"date","constraints":{"minimum":"1990-01-01","maximum":"2020-12-31"}},
                  {"name":"size","type":"number","constraints":{"required":true,"enum":["0.5","2"]}}]}
                """#), keyColumns: [])
        let example = EncoderTests.block
        let block = SampleBlock(rowCount: 3, codes: example.codes + [[0, 1, 0]], fractions: example.fractions + [[]])
        var encoder = SampleEncoder(domain: domain, columns: nil, format: .arrow)
        var bytes: [UInt8] = []
        encoder.header(into: &bytes)
        encoder.append(block, into: &bytes)
        encoder.append(block, into: &bytes)
        encoder.footer(into: &bytes)
        return bytes
    }

    /// A Python with pyarrow: `ENTREPOT_PYTHON`, or python3 where it has it.
    static let python: String? = {
        let candidates = [ProcessInfo.processInfo.environment["ENTREPOT_PYTHON"], "python3"].compactMap { $0 }
        return candidates.first { name in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = [name, "-c", "import pyarrow"]
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    }()
}
