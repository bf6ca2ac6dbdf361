public import ArgumentParser
import Foundation
public import Synthesizers
public import Tables

/// `entrepot sample`: rows from a model file; needs no service, no key and no epsilon.
struct SampleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample", abstract: "Draws synthetic rows from a model file.")

    @Argument(help: "The model file.")
    var model: String

    @Option(help: "How many rows.")
    var rows: UInt64

    @Option(help: "The same seed gives the same rows; a fresh one is drawn and named where absent.")
    var seed: UInt64?

    @Option(help: "balanced (low variance) or independent.")
    var draws: Draws = .balanced

    @Option(
        name: .customLong("where"), help: ArgumentHelp("Only rows with this value, exactly.", valueName: "column=value")
    )
    var conditions: [String] = []

    @Option(help: "csv, json, ndjson or arrow.")
    var format: SampleFormat = .csv

    @Option(help: "A file; stdout otherwise.")
    var output: String?

    func run() async throws {
        try await CommandFailure.reported {
            let model = try FittedModel(encoded: try Files.bytes(at: model))
            let chosen = seed ?? UInt64.random(in: .min ... .max)
            let sampler = try RowSampler(
                model, seed: chosen, draws: draws, conditions: try conditions.map { try condition($0, model.domain) })
            if seed == nil { Console.say("seed \(chosen) gives these rows again") }
            let file = try opened()
            let encoder = SampleEncoder(domain: model.domain, columns: nil, format: format)
            try encoder.encode(rowCount: rows, block: { sampler.rows($0) }) { try file.write(contentsOf: $0) }
            if output != nil { try file.close() }
        }
    }

    private func opened() throws -> FileHandle {
        guard let output else { return .standardOutput }
        guard FileManager.default.createFile(atPath: output, contents: nil),
            let file = FileHandle(forWritingAtPath: output)
        else { throw CommandFailure("the file \(output) cannot be written") }
        return file
    }

    private func condition(_ text: String, _ domain: TableDomain) throws -> (column: Int, code: Int) {
        let named = try NamedFile(text)
        guard let column = domain.columns.firstIndex(where: { $0.name == named.name }) else {
            throw CommandFailure(
                "there is no column '\(named.name)'; there are \(domain.columns.map(\.name).joined(separator: ", "))",
                code: .badData)
        }
        guard let code = domain.columns[column].code(of: named.path) else {
            throw CommandFailure("'\(named.path)' lies outside the domain of column \(named.name)", code: .badData)
        }
        return (column, code)
    }
}

extension Draws: ExpressibleByArgument {}
extension SampleFormat: ExpressibleByArgument {}
