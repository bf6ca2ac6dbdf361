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
    ///   - tests: the texts of all tests.
    init(document: String, markers: [Marker], tests: [String]) {
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
    private static func exists(_ test: String, in tests: [String]) -> Bool {
        let parts = test.split(separator: ".").map(String.init)
        guard parts.count == 2 else { return false }
        let (suite, name) = (parts[0], parts[1])
        if suite == "AuditCheck" {
            let isListed = tests.contains { text in
                guard let start = text.range(of: "static let all: [AuditCheck] = [") else { return false }
                let list = text[start.upperBound...].prefix { $0 != "]" }
                return list.split(whereSeparator: { !$0.isLetter }).contains { $0 == name }
            }
            return isListed && tests.contains { $0.contains("static let \(name) = AuditCheck(") }
        }
        return tests.contains { text in
            guard let start = words("struct \(suite)", in: text[...]) ?? words("extension \(suite)", in: text[...]),
                let function = text.range(of: "func \(name)(", range: start.upperBound..<text.endIndex),
                let attribute = text.range(
                    of: "@Test", options: .backwards, range: start.upperBound..<function.lowerBound)
            else { return false }
            return text.range(of: "func ", range: attribute.upperBound..<function.lowerBound) == nil
        }
    }

    /// Where words stand that no letter or digit follows.
    private static func words(_ words: String, in text: Substring) -> Range<String.Index>? {
        var rest = text
        while let found = rest.range(of: words) {
            guard let next = text[found.upperBound...].first, next.isLetter || next.isNumber || next == "_" else {
                return found
            }
            rest = text[found.upperBound...]
        }
        return nil
    }
}
