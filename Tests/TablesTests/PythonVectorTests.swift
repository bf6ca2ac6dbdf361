import Foundation
import Testing

@testable import Domains
@testable import Tables

/// Files that Python's `csv` module wrote, with the values that it was given.
@Suite struct PythonVectorTests {
    struct Truth: Codable {
        var categories: [String]
        var rows: [[String]]
    }

    static func vector(_ name: String) throws -> Data {
        try Data(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
                "Vectors/\(name)"))
    }

    @Test(
        "what Python's csv module writes is read as it was meant",
        arguments: [("minimal", ","), ("all", ","), ("semicolon", ";")] as [(String, Character)])
    func python(name: String, delimiter: Character) throws {
        let truth = try JSONDecoder().decode(Truth.self, from: Self.vector("python.json"))
        let schema = TableSchema(fields: [
            Field(name: "a", type: .string, categories: truth.categories.filter { !$0.isEmpty }),
            Field(name: "b, c", type: .string, categories: truth.categories.filter { !$0.isEmpty }),
            Field(name: "n", type: .integer, constraints: Constraints(required: true, minimum: 0, maximum: 50)),
        ])
        let file = try Self.vector("python-\(name).csv")
        for chunk in [1, 1_000, 1 << 20] {
            let table = try read(file, schema, key: KeyRule(columns: ["id"]), delimiter: delimiter, chunk: chunk)
            let columns = texts(table.table, table.domain)
            for column in 0..<3 { #expect(columns[column] == truth.rows.map { $0[column + 1] }) }
        }
    }
}
