import Foundation

/// The numbered claims of KERNEL.md, the code that carries each and the test that shows it.
///
/// A claim is a row `| 2.1 | what is claimed | code | tests |`. Code is named as `Type` or `Type.member`, and stands below
/// a comment `// KERNEL 2.1`. Tests are named as `Suite.function`, checks of the audit as `AuditCheck.name`.
struct KernelClaims {
    struct Claim {
        let number: String
        let symbols: [String]
        let tests: [String]
    }

    /// A comment that names claims, and what is declared below it.
    struct Marker {
        let path: String
        let numbers: [String]
        let declaration: String
        /// Types that the file declares or extends above.
        let types: Set<String>

        /// Whether the declaration is that of a symbol.
        func declares(_ symbol: String) -> Bool {
            let parts = symbol.split(separator: ".").map(String.init)
            guard let name = parts.last else { return false }
            if parts.count == 2, !types.contains(parts[0]) { return false }
            let keyword = name == "init" ? "" : "(func|var|let|struct|class|enum|extension) "
            return declaration.range(of: "\\b\(keyword)\(name)\\b", options: .regularExpression) != nil
        }
    }

    let claims: [Claim]
    /// What is wrong; nothing where every claim has its code and its test, and every marker its claim.
    let faults: [String]

    /// - Parameters:
    ///   - markers: those of all sources, by `markers(in:path:)`.
    ///   - tests: all files of tests.
    init(document: String, markers: [Marker], tests: [TestFile]) {
        var claims: [Claim] = []
        var faults: [String] = []
        for line in document.split(separator: "\n") where line.hasPrefix("| ") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 4, cells[0].wholeMatch(of: /\d+\.\d+/) != nil else { continue }
            claims.append(Claim(number: cells[0], symbols: Self.names(cells[2]), tests: Self.names(cells[3])))
        }
        for (place, claim) in claims.enumerated() {
            let number = claim.number
            if claims[..<place].contains(where: { $0.number == number }) { faults.append("\(number) stands twice") }
            if claim.symbols.isEmpty { faults.append("\(number) names no code") }
            if claim.tests.isEmpty { faults.append("\(number) names no test") }
            for symbol in claim.symbols
            where !markers.contains(where: { $0.numbers.contains(number) && $0.declares(symbol) }) {
                faults.append("\(number): \(symbol) is not there, or has no marker")
            }
            for test in claim.tests where !Self.exists(test, in: tests) { faults.append("\(number): no test \(test)") }
        }
        for marker in markers {
            for number in marker.numbers {
                guard let claim = claims.first(where: { $0.number == number }) else {
                    faults.append("\(marker.path) carries \(number), which is no claim")
                    continue
                }
                if !claim.symbols.contains(where: marker.declares) {
                    faults.append("\(marker.path) carries \(number) where the claim does not name it")
                }
            }
        }
        self.claims = claims
        self.faults = faults
    }

    private static func names(_ cell: String) -> [String] {
        cell.matches(of: /`([^`]+)`/).map { String($0.1) }
    }

    /// The markers of a source, each with the declaration below it.
    static func markers(in text: String, path: String) -> [Marker] {
        guard text.contains("// KERNEL") else { return [] }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var types: Set<String> = []
        var markers: [Marker] = []
        for (place, line) in lines.enumerated() {
            if let type = line.firstMatch(of: /^\s*[\w() ]*\b(?:struct|class|enum|extension) (\w+)/) {
                types.insert(String(type.1))
            }
            guard let comment = line.firstMatch(of: /^\s*\/\/ KERNEL ([\d., ]+)$/) else { continue }
            let below = lines[(place + 1)...].first { line in
                let text = line.trimmingCharacters(in: .whitespaces)
                return !text.hasPrefix("//") && !text.hasPrefix("@") || text.contains(" func ")
            }
            markers.append(
                Marker(
                    path: path,
                    numbers: comment.1.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) },
                    declaration: String(below ?? ""), types: types))
        }
        return markers
    }

    /// Whether a suite has a test function, or the audit lists a check.
    private static func exists(_ test: String, in files: [TestFile]) -> Bool {
        let parts = test.split(separator: ".").map(String.init)
        guard parts.count == 2 else { return false }
        guard parts[0] == "AuditCheck" else { return files.contains { $0.tests.contains(test) } }
        return files.contains { $0.listedChecks.contains(parts[1]) } && files.contains { $0.checks.contains(parts[1]) }
    }
}

/// What a file of tests has that a claim can name.
struct TestFile {
    /// Functions with `@Test`, as `Suite.function`, of each type that is declared or extended above them.
    private(set) var tests: Set<String> = []
    /// Checks that the audit lists, and those that are declared.
    private(set) var listedChecks: Set<String> = []
    private(set) var checks: Set<String> = []

    init(_ text: String) {
        var (suites, attributed) = ([String](), [String]())
        for found in text.matches(of: /\b(?:struct|extension) (\w+)|@Test\b|\bfunc (\w+)\(/) {
            if let suite = found.1 {
                suites.append(String(suite))
            } else if let function = found.2 {
                for suite in attributed { tests.insert("\(suite).\(function)") }
                attributed = []
            } else {
                attributed = suites
            }
        }
        if let start = text.range(of: "static let all: [AuditCheck] = [") {
            let list = text[start.upperBound...].prefix { $0 != "]" }
            listedChecks = Set(list.split { !$0.isLetter }.map(String.init))
        }
        checks = Set(text.matches(of: /static let (\w+) = AuditCheck\(/).map { String($0.1) })
    }
}
