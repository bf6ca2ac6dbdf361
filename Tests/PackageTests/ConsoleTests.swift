import Foundation
import Testing

/// The one place through which a command speaks, held against the sources.
@Suite("What reaches a terminal")
struct ConsoleTests {
    /// Where bytes are written that are no talk: the console itself, and rows that a person asked for.
    private static let writers: Set<String> = [
        "Sources/EngineCommands/Console.swift", "Sources/EngineCommands/Files.swift",
        "Sources/entrepot/Commands/PartyCommands.swift",
    ]
    private static let names = ["print(", "dump(", "puts(", "_FILENO", "FileHandle.standard", "return .standard"]

    @Test("no source but the console prints")
    func onePlace() throws {
        let call =
            /(^|[^\w.])(print|debugPrint|dump|puts|fputs)\(|STDOUT_FILENO|STDERR_FILENO|(FileHandle|return )\.standard(Error|Output)/
        var found = 0
        for (path, text) in try PackageGraph.ofThisPackage().sources where path.hasPrefix("Sources/") {
            guard Self.names.contains(where: text.contains) else { continue }
            for line in text.split(separator: "\n") where Self.names.contains(where: line.contains) {
                let code = line.drop(while: \.isWhitespace)
                guard !code.hasPrefix("//"), code.contains(call) else { continue }
                if Self.writers.contains(path) { found += 1 } else { Issue.record("\(path): \(code)") }
            }
        }
        #expect(found > 3)
    }
}
