import Domains
import Tables
import Testing

@testable import Tasks

/// Tables without a column besides their key.
@Suite struct KeysAloneTests {
    private func task(
        fields: String = "", method: String = "none",
        query: String = "{name: common, kind: cardinality, epsilon: 1}"
    ) -> TaskFile {
        let parties = zip(["Alice", "Bob"], [Fixture.alice, Fixture.bob]).map { name, key in
            """
              - name: \(name)
                role: provider
                public_key: \(key.publicKey.base64)
                table:
                  key: {column: id, pattern: '^[0-9]{1,8}$'}
                  rows: 40\(fields)
            """
        }
        return TaskFile(
            yaml: """
                entrepot: 1
                task: common
                purpose: A test.
                parties:
                \(parties.joined(separator: "\n"))
                join: {kind: inner}
                privacy: {epsilon: \(method == "none" ? 1 : 2), delta: 1.0e-9}
                queries: [\(query)]
                synthesizer: {method: \(method)}
                """)
    }

    @Test("two parties who ask for a cardinality alone bring their keys alone", arguments: ["", "\n      fields: []"])
    func cardinality(fields: String) throws {
        let file = task(fields: fields)
        #expect(file.errors.isEmpty, "\(file.problems)")
        let specification = try #require(file.specification)
        #expect(specification.providers.allSatisfy { $0.table?.isKeyAlone == true })
        #expect(try specification.domain().columns.isEmpty)
        #expect(TaskDescription(specification).text.contains("Alice brings its keys alone and at most 40 rows"))
        // No service and no check of a file reads such a table.
        #expect(throws: SchemaProblems.self) { try specification.providers.first?.table?.domain() }
    }

    @Test("a model or another query needs columns, and the task is told where")
    func refused() {
        for file in [task(method: "auto"), task(query: "{name: common, kind: count, epsilon: 1}")] {
            let found = file.errors.filter { $0.what.contains("no field besides the key") }
            #expect(found.map(\.path) == ["parties[0].table.fields", "parties[1].table.fields"])
        }
    }
}
