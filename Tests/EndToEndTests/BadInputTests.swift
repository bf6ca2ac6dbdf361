import Client
import Foundation
import Testing

/// A file that must be refused, and what its owner must be told.
struct BadFile: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: Data
    var status = 400
    let code: String
    /// The problem's own code.
    let problem: String
    var row: Int?
    var column: String?
    var value: String?

    var testDescription: String { name }

    init(
        _ name: String, _ text: String, status: Int = 400, code: String, problem: String, row: Int? = nil,
        column: String? = nil, value: String? = nil
    ) {
        self.init(
            name, Data(text.utf8), status: status, code: code, problem: problem, row: row, column: column, value: value)
    }

    init(
        _ name: String, _ bytes: Data, status: Int = 400, code: String, problem: String, row: Int? = nil,
        column: String? = nil, value: String? = nil
    ) {
        self.name = name
        self.bytes = bytes
        self.status = status
        self.code = code
        self.problem = problem
        self.row = row
        self.column = column
        self.value = value
    }

    static let all = [
        BadFile(
            "duplicate keys", "id,buying,maint,doors\n1,low,low,2\n2,low,low,2\n1,med,low,2\n", code: "id_duplicate",
            problem: "duplicate_key", row: 4, column: "id"),
        BadFile(
            "no key column", "nr,buying,maint,doors\n1,low,low,2\n", code: "id_missing", problem: "key_missing", row: 1,
            column: "id"),
        BadFile(
            "an undeclared column", "id,buying,maint,doors,owner\n1,low,low,2,Eve\n", code: "schema_mismatch",
            problem: "undeclared_column", row: 1, column: "owner"),
        BadFile(
            "a missing column", "id,buying,maint\n1,low,low\n", code: "schema_mismatch", problem: "missing_column",
            row: 1, column: "doors"),
        BadFile(
            "a value outside the domain", "id,buying,maint,doors\n1,low,low,2\n2,cheap,low,2\n",
            code: "schema_mismatch",
            problem: "out_of_domain", row: 3, column: "buying", value: "cheap"),
        BadFile(
            "a key of another shape", "id,buying,maint,doors\nA1,low,low,2\n", code: "schema_mismatch",
            problem: "key_pattern", row: 2, column: "id", value: "A1"),
        BadFile(
            "bytes that are not UTF-8",
            Data("id,buying,maint,doors\n1,lo".utf8) + [0xFF, 0xFE] + Data(",low,2\n".utf8),
            code: "encoding", problem: "encoding"),
        BadFile(
            "a ragged row", "id,buying,maint,doors\n1,low,low,2\n2,low,low\n", code: "csv_invalid",
            problem: "ragged_row", row: 3),
        BadFile(
            "an unclosed quote", "id,buying,maint,doors\n1,\"low,low,2\n", code: "csv_invalid",
            problem: "unclosed_quote", row: 2),
        BadFile("a header alone", "id,buying,maint,doors\n", code: "schema_mismatch", problem: "no_rows"),
        BadFile("an empty file", "", code: "csv_invalid", problem: "empty_file"),
        BadFile(
            "too many bytes", "id,buying,maint,doors\n" + String(repeating: "1,low,low,2\n", count: 30_000),
            status: 413,
            code: "too_large", problem: ""),
        BadFile(
            "too many rows", Cars.alice(1..<5_100), status: 413, code: "too_large", problem: "too_many_rows"),
    ]
}

@Suite("Bad input, live", .serialized, .timeLimit(.minutes(30)), .live)
struct BadInputTests {
    @Test("its owner learns row, column, value and what to do; nothing is lost and the next try counts")
    func table() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let bob = try await RawCalls(live, as: "Bob")
            #expect(try await alice.upload(Cars.alice()).status == 200)
            let before = try await bob("/ledger").body
            for file in BadFile.all {
                let answer = try await alice.upload(file.bytes)
                #expect(answer.status == file.status, "\(file.name)")
                #expect(answer.code == file.code, "\(file.name): \(answer.body)")
                #expect(answer.type == "application/problem+json", "\(file.name)")
                #expect(answer.object["hint"] as? String != nil, "\(file.name)")
                guard !file.problem.isEmpty else { continue }
                let problems = answer.object["problems"] as? [[String: Any]] ?? []
                let first = problems.first { $0["code"] as? String == file.problem }
                #expect(first != nil, "\(file.name): \(answer.body)")
                if let row = file.row { #expect(first?["row"] as? Int == row, "\(file.name)") }
                if let column = file.column { #expect(first?["column"] as? String == column, "\(file.name)") }
                if let value = file.value { #expect(first?["value"] as? String == value, "\(file.name)") }
                #expect((first?["hint"] as? String)?.isEmpty == false, "\(file.name)")
            }
            // What others can see has not moved, and the good table of the first try still stands.
            #expect(try await bob("/ledger").body == before)
            #expect(try await bob("/model_status").body == "\"Model status: awaiting data\"")
            #expect(try await alice("/confirm_data").status == 200)
        }
    }

    @Test("our client stops sending where the service refuses a file in the middle, and says why")
    func earlyAnswer() async throws {
        try await withService(try TestTask.workshop()) { live in
            let rows = String(repeating: "1,low,low,2\n", count: 600_000)
            let file = try live.file("large.csv", "id,buying,maint,doors\n" + rows)
            let error = await #expect(throws: ClientError.self) {
                try await live.asParty("Alice") { try await $0.upload(file: file) }
            }
            #expect(error?.exitCode == 65)
            guard case .service(let problem)? = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(problem.status == 413 && problem.code == "too_large")
            let status = try await live.asParty("Alice") { try await $0.status() }
            #expect(status.stage == "collecting")
        }
    }

    @Test("the workshop's own sentences are kept where it had them")
    func sentences() async throws {
        try await withService(try TestTask.workshop()) { live in
            let alice = try await RawCalls(live, as: "Alice")
            let missing = try await alice.upload("nr,buying,maint,doors\n1,low,low,2\n")
            #expect(missing.detail == "id must be a column in the csv file uploaded.")
            let duplicate = try await alice.upload("id,buying,maint,doors\n1,low,low,2\n1,low,low,2\n")
            #expect(
                duplicate.detail
                    == "All values in the id column must be unique. This is important for the differential privacy budget."
            )
            let field = try await alice.upload(Data(Cars.alice().utf8), field: "data")
            #expect(
                field.status == 422 && field.body.contains("\"loc\":[\"body\",\"file\"],\"msg\":\"field required\""))
            let json = try await alice("/upload_data", ["-H", "Content-Type: application/json", "-d", "{}"])
            #expect(json.status == 422)
            let media = try await alice("/upload_data", ["-H", "Content-Type: application/xml", "-d", "<a/>"])
            #expect(media.status == 415)
        }
    }
}
