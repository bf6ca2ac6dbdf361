import Foundation
import Testing

/// What somebody outside the kernel may write about private rows, and what not. Each wrong line is compiled, and its error
/// is the claim.
@Suite("Walls of the kernel")
struct WallTests {
    /// A line of a function that has a private table, another one and a party's table, and the error that it must give.
    struct Mistake: CustomTestStringConvertible {
        let line: String
        let error: String

        var testDescription: String { line }
    }

    /// What the type checker refuses.
    private static let mistakes = [
        Mistake(line: "_ = table.rowCount", error: "has no member 'rowCount'"),
        Mistake(line: "_ = table.count", error: "has no member 'count'"),
        Mistake(line: "_ = table.rows", error: "'rows' is inaccessible due to 'internal' protection level"),
        Mistake(line: "_ = table[0]", error: "has no subscripts"),
        Mistake(line: "_ = table.description", error: "has no member 'description'"),
        Mistake(line: "print(table)", error: "Copyable"),
        Mistake(line: "dump(table)", error: "Copyable"),
        Mistake(line: "_ = String(describing: table)", error: "no exact matches"),
        Mistake(line: "_ = \"\\(table)\"", error: "no exact matches"),
        Mistake(line: "_ = Mirror(reflecting: table)", error: "Copyable"),
        Mistake(line: "_ = [table]", error: "Copyable"),
        Mistake(line: "_ = table as Any", error: "cannot convert value of type 'PrivateTable' to type 'Any'"),
        Mistake(line: "_ = table == other", error: "conform to 'Equatable'"),
        Mistake(line: "_ = try JSONEncoder().encode(table)", error: "Encodable"),
        Mistake(line: "_ = PrivateTable(rows: table.rows)", error: "'rows' is inaccessible"),
        Mistake(
            line: "_ = PrivateRows(domain: domain, table: codes, rowsPerKey: 1)", error: "cannot find 'PrivateRows'"),
        Mistake(line: "_ = PrivateTable(joining: [(name: \"A\", table: codes)], rowsPerKey: 1)", error: "convert"),
        Mistake(line: "_ = party.take()", error: "'take' is inaccessible due to '@_spi' protection level"),
        Mistake(line: "_ = party.table", error: "has no member 'table'"),
        Mistake(line: "_ = party.keys", error: "has no member 'keys'"),
        Mistake(line: "_ = party[0]", error: "has no subscripts"),
        Mistake(line: "_ = party == party", error: "'KeyedTable' is not convertible"),
        Mistake(line: "_ = try JSONEncoder().encode(party)", error: "Encodable"),
        Mistake(line: "let rows: KeyedRows? = nil", error: "cannot find type 'KeyedRows'"),
        Mistake(line: "_ = KeyedTable(domain: domain)", error: "initializer"),
        Mistake(
            line: "_ = Kernel(table: table).rows", error: "'rows' is inaccessible due to 'internal' protection level"),
    ]

    private static let head = """
        import Domains
        import Foundation
        import PrivacyKernel
        import Tables

        """

    private static func function(_ number: Int, _ line: String) -> String {
        """
        func use\(number)(
            _ table: consuming PrivateTable, _ other: borrowing PrivateTable, _ party: KeyedTable, _ codes: CodedTable,
            _ domain: TableDomain
        ) throws {
            \(line)
        }

        """
    }

    @Test("whoever is outside cannot count, read, print, compare, encode or make joined rows, nor read a party's")
    func mistakes() throws {
        let first = Self.head.split(separator: "\n", omittingEmptySubsequences: false).count
        let lines = Self.mistakes.enumerated().map { Self.function($0.offset, $0.element.line) }
        let compiled = try CompiledSnippet(Self.head + lines.joined())
        #expect(compiled.status != 0)
        let height = lines[0].split(separator: "\n", omittingEmptySubsequences: false).count - 1
        for (number, mistake) in Self.mistakes.enumerated() {
            let errors = compiled.errors[first + number * height + 4] ?? []
            #expect(errors.contains { $0.contains(mistake.error) }, "\(mistake.line): \(errors)")
        }
        #expect(compiled.errors.count == Self.mistakes.count, "\(compiled.text)")
    }

    @Test("a private table cannot be copied, and one kernel alone has it")
    func ownership() throws {
        for line in [
            "let copy = table; _ = copy.domain; _ = table.domain", "_ = Kernel(table: table); _ = Kernel(table: table)",
        ] {
            let compiled = try CompiledSnippet(Self.head + Self.function(0, line))
            #expect(compiled.status != 0)
            #expect(compiled.text.contains("used after consume") || compiled.text.contains("consumed more than once"))
        }
    }

    @Test("what is allowed compiles: join, fit, and the owner's number of rows")
    func right() throws {
        let compiled = try CompiledSnippet(
            Self.head
                + Self.function(
                    0,
                    """
                    _ = party.rowCount
                        let joined = try PrivateTable(joining: [(name: "A", table: party)], rowsPerKey: 1)
                        _ = joined.domain
                        let kernel = Kernel(table: joined)
                        var budget = try Budget(PrivacyParameters(epsilon: 1, delta: 1e-9), accounting: .gaussian)
                        _ = try kernel.measure([[0]], spending: budget.take(.all))
                        _ = Kernel(table: try PrivateTable(public: codes, domain: domain))
                        _ = Kernel(table: table)
                    """))
        #expect(compiled.status == 0, "\(compiled.text)")
    }

    @Test("no module but the kernel asks for a party's rows, and none opens another module as a test does")
    func importers() throws {
        let sources = try SourceTree("Sources")
        var importers: Set<Substring> = []
        // What is cut for shards goes to the module that cuts it.
        var cutters: Set<Substring> = []
        for (path, text) in sources.files {
            for line in text.split(separator: "\n") where line.contains("import ") {
                if line.contains("@_spi(PrivateRows)") { importers.insert(path.prefix { $0 != "/" }) }
                if line.contains("@_spi(PassedRows)") { cutters.insert(path.prefix { $0 != "/" }) }
                #expect(!line.contains("@testable import"), "\(path)")
            }
        }
        #expect(importers == ["PrivacyKernel"] && cutters == ["Shards"])
        let declarations = sources.files.filter { file in
            file.value.split(separator: "\n").contains { $0.contains("@_spi(") && !$0.contains("import ") }
        }.keys
        #expect(!declarations.isEmpty && declarations.allSatisfy { $0.hasPrefix("Tables/") })
    }
}
