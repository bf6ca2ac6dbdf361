import Foundation
import Testing

/// KERNEL.md is what an auditor reads. Its claims, its figures and the code belong together.
@Suite("Claims of KERNEL.md")
struct KernelClaimsTests {
    private let document: String
    private let sources: [String: String]
    private let tests: [String: String]

    init() throws {
        document = try String(
            contentsOf: SourceTree.root.appending(path: "Sources/PrivacyKernel/KERNEL.md"), encoding: .utf8)
        sources = try SourceTree("Sources").files
        tests = try SourceTree("Tests").files
    }

    private var markers: [String: [KernelClaims.Marker]] {
        Dictionary(uniqueKeysWithValues: sources.map { ($0.key, KernelClaims.markers(in: $0.value, path: $0.key)) })
    }

    @Test("every claim has code that carries it and a test that shows it, and every marker has a claim")
    func whole() {
        let read = KernelClaims(
            document: document, markers: markers.flatMap(\.value), tests: tests.values.map { TestFile($0) })
        #expect(read.faults.isEmpty, "\(read.faults.joined(separator: "\n"))")
        #expect(read.claims.count >= 30)
    }

    @Test("whichever of claim, code and test goes is missed")
    func missed() throws {
        let markers = markers
        let claims = KernelClaims(
            document: document, markers: markers.flatMap(\.value), tests: self.tests.values.map { TestFile($0) }
        ).claims
        let sources = self.sources.filter { $0.value.contains("// KERNEL") }
        let suites = Set(claims.flatMap(\.tests).compactMap { $0.split(separator: ".").first })
        let tests = self.tests.filter { text in
            suites.contains { text.value.contains("struct \($0)") || text.value.contains("extension \($0)") }
        }
        let files = tests.mapValues { TestFile($0) }
        func faults(
            _ change: (inout String, inout [String: String], inout [String: String]) -> Void
        ) -> [String] {
            var (document, sources, tests) = (document, sources, tests)
            change(&document, &sources, &tests)
            // Only what changed is read again.
            let read = sources.flatMap { path, text in
                text == self.sources[path] ? markers[path] ?? [] : KernelClaims.markers(in: text, path: path)
            }
            let known = tests.map { path, text in
                text == self.tests[path] ? files[path] ?? TestFile(text) : TestFile(text)
            }
            return KernelClaims(document: document, markers: read, tests: known).faults
        }
        func without(_ pattern: String, of word: some StringProtocol, in texts: inout [String: String]) {
            for path in texts.keys where texts[path]?.contains(word) ?? false {
                texts[path] = texts[path]?.replacingOccurrences(of: pattern, with: "", options: .regularExpression)
            }
        }
        for claim in claims {
            let number = claim.number
            let row = "(?m)^\\| \(number.replacingOccurrences(of: ".", with: "\\.")) \\|.*\n"
            // The claim goes: its markers have none.
            #expect(
                faults { document, _, _ in
                    document = document.replacingOccurrences(of: row, with: "", options: .regularExpression)
                }.contains { $0.contains(number) }, "claim \(number)")
            // The code goes.
            for symbol in claim.symbols {
                let name = symbol.split(separator: ".").last ?? ""
                let declaration =
                    name == "init" ? "\\binit\\(" : "\\b(func|var|let|struct|class|enum|extension) \(name)\\b"
                #expect(
                    faults { _, sources, _ in without(declaration, of: name, in: &sources) }.contains {
                        $0.contains(number) && $0.contains(symbol)
                    }, "code \(symbol)")
            }
            // A test goes.
            for test in claim.tests {
                let name = test.split(separator: ".").last ?? ""
                #expect(
                    faults { _, _, tests in without("\\b(func|static let) \(name)\\b", of: name, in: &tests) }
                        .contains("\(number): no test \(test)"), "test \(test)")
            }
        }
        // The marker goes.
        #expect(!faults { _, sources, _ in without("// KERNEL [^\n]*", of: "// KERNEL", in: &sources) }.isEmpty)
        // A claim without code, one without a test, one that stands twice, a marker without a claim.
        #expect(faults { document, _, _ in document += "\n| 99.1 | x |  | `BudgetTests.slices` |\n" } != [])
        #expect(faults { document, _, _ in document += "\n| 99.1 | x | `Budget` |  |\n" } != [])
        #expect(faults { document, _, _ in document += document } != [])
        #expect(faults { _, sources, _ in sources["New.swift"] = "// KERNEL 99.2\nfunc new() {}\n" } != [])
        // A check that the audit no longer lists.
        #expect(
            faults { _, _, tests in
                for path in tests.keys { tests[path] = tests[path]?.replacingOccurrences(of: "setAside, ", with: "") }
            }.contains { $0.contains("AuditCheck.setAside") })
    }

    /// Lines are counted as the command in KERNEL.md counts them, and named to the nearest hundred.
    @Test("the numbers of lines that KERNEL.md names are those of the files")
    func lines() throws {
        func count(_ paths: some Sequence<String>) throws -> (all: Int, code: Int) {
            var (all, code) = (0, 0)
            for path in paths {
                let text = try #require(sources[path], "\(path) is not there")
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                all += lines.count
                code += lines.count { line in
                    let text = line.trimmingCharacters(in: .whitespaces)
                    return !text.isEmpty && !text.hasPrefix("//")
                }
            }
            return (all, code)
        }
        func named(_ pattern: Regex<(Substring, Substring)>) throws -> Int {
            let figure = try #require(document.firstMatch(of: pattern)).1
            return try #require(Int(figure.replacingOccurrences(of: ",", with: "")))
        }
        let kernel = try count(sources.keys.filter { $0.hasPrefix("PrivacyKernel/") })
        #expect(try abs(named(/about ([\d,]+) lines with comments/) - kernel.all) <= 75, "\(kernel)")
        #expect(try abs(named(/([\d,]+) without/) - kernel.code) <= 75, "\(kernel)")
        let others = document.matches(of: /(?m)^- `Sources\/([\w\/+]+\.swift)`/).map { String($0.1) }
        #expect(others.count >= 8)
        let rest = try count(others)
        #expect(try abs(named(/another ([\d,]+) lines/) - rest.all) <= 75, "\(rest)")
    }
}
