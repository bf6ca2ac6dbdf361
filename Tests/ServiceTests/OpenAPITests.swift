import Foundation
import HTTPTypes
import Testing

@testable import Service

@Suite struct OpenAPITests {
    private static let text: String = {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Sources/Service/openapi.yaml")
        return (try? String(contentsOf: file, encoding: .utf8)) ?? ""
    }()

    @Test("every call of the service is described under its path and method, and nothing else is")
    func calls() {
        let lines = Self.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var described: Set<String> = []
        var path = ""
        var method = ""
        for line in lines {
            if line.hasPrefix("  /"), line.hasSuffix(":") { path = line.dropFirst(2).dropLast().description }
            if ["get", "post", "delete", "put"].contains(line.trimmingCharacters(in: [" ", ":"])) {
                method = line.trimmingCharacters(in: [" ", ":"]).uppercased()
            }
            if line.hasPrefix("      operationId: ") {
                described.insert("\(method) \(path) \(line.dropFirst("      operationId: ".count))")
            }
        }
        #expect(described == Set(Endpoint.allCases.map { "\($0.method.rawValue) \($0.path) \($0.rawValue)" }))
    }
}
