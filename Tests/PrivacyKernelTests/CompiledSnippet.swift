import Foundation
import Testing

/// A piece of code of somebody outside, compiled against the modules that stand beside the test bundle.
struct CompiledSnippet {
    let status: Int32
    /// Errors by the line of the snippet, from 1.
    let errors: [Int: [String]]
    /// All that the compiler said.
    let text: String

    /// - Parameter source: a whole file.
    init(_ source: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "snippet-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "snippet.swift")
        try source.write(to: file, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "swiftc", "-swift-version", "6", "-emit-sil", "-o", "/dev/null", "-I", try Self.modules(), file.path(),
        ]
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        status = process.terminationStatus
        var errors: [Int: [String]] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 4, omittingEmptySubsequences: false)
            guard parts.count == 5, parts[0].hasSuffix("snippet.swift"), let number = Int(parts[1]),
                parts[3] == " error"
            else { continue }
            errors[number, default: []].append(parts[4].trimmingCharacters(in: .whitespaces))
        }
        self.errors = errors
    }

    /// SwiftPM puts the modules beside the test bundle.
    private static func modules() throws -> String {
        try #require(
            CommandLine.arguments.compactMap { argument -> String? in
                guard let range = argument.range(of: "/(debug|release)/", options: .regularExpression) else {
                    return nil
                }
                let folder = String(argument[..<range.upperBound]) + "Modules"
                return FileManager.default.fileExists(atPath: folder) ? folder : nil
            }.first)
    }
}
