public import ArgumentParser
import Bytes
import Domains
public import FittedModels
import Foundation
public import Tables
import Tasks

/// `entrepot sample`: rows from a model file; needs no service, no key and no epsilon.
package struct SampleCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "sample", abstract: "Draws synthetic rows from a model file.",
        discussion:
            "Example: entrepot sample cars.model --rows 100000 --seed 7 --where Bob_value=vgood --output rows.csv")

    @Argument(help: "The model file.")
    var model: String

    @Option(help: "How many rows.")
    var rows: UInt64

    @Option(
        help: ArgumentHelp(
            "The number of the first row, from 0: several workers write the rows of one seed, each a range of them.",
            valueName: "number"))
    var first: UInt64 = 0

    @Option(help: "The same seed gives the same rows; a fresh one is drawn and named where absent.")
    var seed: UInt64?

    @Option(
        help: "balanced (low variance, the default) or independent (the default and the only way of --imputations).")
    var draws: Draws?

    @Option(
        help: ArgumentHelp(
            "So many models refitted to the measurements with noise drawn anew, and rows of each in a file of its own.",
            discussion: """
                Needs --output NAME.csv and writes NAME-1.csv to NAME-M.csv. Their differences tell how much of a figure \
                is noise; it costs no budget.
                """, valueName: "M"))
    var imputations: Int?

    @Option(
        name: .customLong("where"),
        help: ArgumentHelp(
            "Only rows with this value; of a column in bins, a number stands for its whole bin.",
            valueName: "column=value")
    )
    var conditions: [String] = []

    @Option(help: "csv, json, ndjson, arrow or parquet; else what the name of the file ends with, and csv.")
    var format: SampleFormat?

    @Option(help: "A file; stdout otherwise.")
    var output: String?

    package init() {}

    package func validate() throws {
        if rows < 1 { throw ValidationError("--rows is at least 1") }
        if first > UInt64(Int64.max) || rows > UInt64(Int64.max) - first {
            throw ValidationError("--first and --rows together are below 2^63")
        }
        if first > 0 && seed == nil { throw ValidationError("--first needs the --seed of the other rows") }
        guard let imputations else { return }
        if !(2...1_000).contains(imputations) { throw ValidationError("--imputations takes 2 to 1000") }
        if output == nil { throw ValidationError("--imputations writes several files: name them by --output") }
        if draws == .balanced { throw ValidationError("--imputations needs independent draws") }
    }

    package func run() async throws {
        try await CommandFailure.reported {
            try Files.keep([model], from: output)
            let model = try Files.model(at: model)
            // What cannot be asked is refused before anything is said of rows.
            let conditions = try conditions.map { try condition($0, model.domain) }
            let chosen = seed ?? UInt64.random(in: .min ... .max)
            if seed == nil { Console.say("seed \(chosen) gives these rows again") }
            guard let imputations else {
                try write(model, conditions, seed: chosen, draws: draws ?? .balanced, to: output)
                return
            }
            for number in 1...imputations {
                // A refit takes as long as the fit: say which one is under way before it begins.
                Console.progress("imputation \(number) of \(imputations): refitting…")
                let refitted = try model.imputation(number, seed: chosen)
                try write(
                    refitted, conditions, seed: chosen &+ UInt64(number), draws: .independent,
                    to: output.map { Files.numbered($0, number) })
            }
            Console.endProgress()
        }
    }

    private func write(
        _ model: FittedModel, _ conditions: [(column: Int, code: Int)], seed: UInt64, draws: Draws, to output: String?
    ) throws {
        let sampler = try RowSampler(model, seed: seed, draws: draws, conditions: conditions)
        let file = try Files.opened(output)
        let encoder = SampleEncoder(
            domain: model.domain, columns: nil, format: format ?? SampleFormat(ofFile: output), compressor: .snappy)
        try encoder.encode(
            rowCount: rows, block: { sampler.rows((first + $0.lowerBound)..<(first + $0.upperBound)) },
            write: { try file.write(contentsOf: $0) })
        if output != nil { try file.close() }
    }

    private func condition(_ text: String, _ domain: TableDomain) throws -> (column: Int, code: Int) {
        let named = try NamedFile(text, form: "COLUMN=VALUE")
        guard let column = domain.columns.firstIndex(where: { $0.name == named.name }) else {
            let names = domain.columns.map(\.name)
            let nearest = NearestWord.to(named.name, among: names)
            throw CommandFailure(
                "there is no column '\(named.name)'; "
                    + (nearest.map { "did you mean \($0)?" } ?? "there are \(names.joined(separator: ", "))"),
                code: .badData)
        }
        let declared = domain.columns[column]
        guard let code = declared.code(ofCondition: named.path) else {
            let labels = (0..<declared.size).lazy.map { declared.label(of: $0) }
            let hint = declared.conditionHint(nearest: NearestWord.to(named.path, among: labels))
            throw CommandFailure(
                "'\(named.path)' lies outside the domain of column \(named.name). \(hint)", code: .badData)
        }
        return (column, code)
    }
}

extension Draws: ExpressibleByArgument {}
extension SampleFormat: ExpressibleByArgument {}
