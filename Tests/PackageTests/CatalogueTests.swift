import Foundation
import Testing

@Suite("DocC catalogues")
struct CatalogueTests {
    @Test(
        "every symbol that a catalogue links to is a public type of its target",
        arguments: ["PrivacyKernel", "FittedModels"])
    func links(target: String) throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = root.appendingPathComponent("Sources/\(target)/\(target).docc/\(target).md")
        let text = try String(contentsOf: page, encoding: .utf8)
        let code = try PackageGraph.ofThisPackage().sources.filter { $0.key.hasPrefix("Sources/\(target)/") }.values
            .joined(separator: "\n")
        let links = text.matches(of: /``(\w+)/).map { String($0.1) }
        #expect(links.count > 5)
        for name in links where name != target {
            #expect(try code.contains(Regex("public (final )?(struct|enum|class|protocol) \(name)\\b")), "\(name)")
        }
    }
}
