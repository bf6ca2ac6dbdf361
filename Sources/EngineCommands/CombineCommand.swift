package import ArgumentParser
import FittedModels
import Foundation

/// `entrepot combine`: figures with intervals, from the files that `--imputations` wrote.
package struct CombineCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "combine",
        abstract: "Combines the files of imputations: counts, means, ratios and regressions with 95 % intervals.",
        discussion: """
            Without a figure it gives the mean of every column of numbers. The intervals hold the noise of the measurement and the \
            chance of the table's rows; they do not hold what the model leaves out, for which see the report.

            Example: entrepot combine imputed-*.csv --count mode=sea --mean value --ratio cif/fob --regress "cif ~ fob + mass"
            """)

    @Argument(help: "Files of rows (CSV), one an imputation; ten and more are good.")
    var files: [String]

    @Option(
        help: ArgumentHelp("Rows with these values, several separated by commas.", valueName: "column=value,…"))
    var count: [String] = []

    @Option(help: ArgumentHelp("The mean of a column.", valueName: "column"))
    var mean: [String] = []

    @Option(help: ArgumentHelp("The total of A over the total of B.", valueName: "A/B"))
    var ratio: [String] = []

    @Option(help: ArgumentHelp("A linear regression: every coefficient.", valueName: "Y ~ X + Z"))
    var regress: [String] = []

    @Option(
        help: ArgumentHelp(
            "Rows of the table that was fitted, which counts are for; as many as a file has where absent.",
            valueName: "N"))
    var tableRows: Int?

    @Flag(help: "As JSON.")
    var json = false

    package init() {}

    package func validate() throws {
        if files.count < 2 { throw ValidationError("two files or more are combined") }
        if let tableRows, tableRows < 1 { throw ValidationError("--table-rows is at least 1") }
        for text in count where !text.split(separator: ",").allSatisfy({ $0.contains("=") }) {
            throw ValidationError("--count takes COLUMN=VALUE, not \(text)")
        }
        for text in ratio where text.split(separator: "/").count != 2 {
            throw ValidationError("--ratio takes A/B, not \(text)")
        }
        for text in regress where text.split(separator: "~").count != 2 {
            throw ValidationError("--regress takes \"Y ~ X + Z\", not \(text)")
        }
    }

    /// What is printed of one figure.
    private struct Answer: Encodable {
        var figure: String
        var estimate: Double
        var lower: Double
        var upper: Double
        var standardError: Double
        var degreesOfFreedom: Double
        var files: Int
    }

    package func run() async throws {
        try await CommandFailure.reported {
            var values: [[[RowFigure]]] = []
            var asked: [AskedFigure] = []
            var rows: Int?
            for path in files {
                let file = try ImputedFile(path)
                if let rows, rows != file.rows {
                    throw CommandFailure(
                        "\(path) has \(Counted.of(file.rows, "row")), \(files[0]) has \(rows)", code: .badData)
                }
                rows = file.rows
                if values.isEmpty {
                    asked = figures(of: file)
                    guard !asked.isEmpty else {
                        throw CommandFailure(
                            "\(path) has no column of numbers; name a figure (--count)", code: .badData)
                    }
                    values = asked.map { _ in [] }
                }
                for (place, one) in asked.enumerated() { values[place].append(try one.values(file)) }
            }
            let (fileRows, tableRows) = (rows ?? 0, tableRows ?? rows ?? 0)
            var answers: [Answer] = []
            for (one, found) in zip(asked, values) {
                for (place, name) in one.names.enumerated() {
                    guard
                        let combined = ImputedEstimate(
                            found.map { $0[place] }, fileRows: fileRows, tableRows: tableRows)
                    else { continue }
                    var scale = 1.0
                    var (lower, upper) = (combined.interval.lowerBound, combined.interval.upperBound)
                    if case .count = one {
                        scale = Double(tableRows)
                        // No count is below none or above all.
                        (lower, upper) = (max(lower, 0), min(upper, 1))
                    }
                    answers.append(
                        Answer(
                            figure: name, estimate: scale * combined.estimate,
                            lower: scale * lower, upper: scale * upper,
                            standardError: scale * combined.variance.squareRoot(),
                            degreesOfFreedom: combined.degreesOfFreedom, files: found.count))
                }
            }
            try show(answers)
        }
    }

    private func figures(of file: ImputedFile) -> [AskedFigure] {
        func parts(_ text: some StringProtocol, _ sign: Character) -> [String] {
            text.split(separator: sign).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let counts = count.map { text in
            AskedFigure.count(
                parts(text, ",").map { one in
                    let place = one.firstIndex(of: "=") ?? one.endIndex
                    return (String(one[..<place]), String(one[place...].dropFirst()))
                })
        }
        let ratios = ratio.map { AskedFigure.ratio(parts($0, "/")[0], parts($0, "/")[1]) }
        let regressions = regress.map { text in
            AskedFigure.regression(parts(text, "~")[0], parts(parts(text, "~")[1], "+"))
        }
        let own = counts + mean.map { AskedFigure.mean($0) } + ratios + regressions
        return own.isEmpty ? file.numberColumns.map { .mean($0) } : own
    }

    private func show(_ answers: [Answer]) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            Console.show(String(decoding: try encoder.encode(answers), as: UTF8.self))
            return
        }
        let width = answers.map(\.figure.count).max() ?? 0
        for one in answers {
            func number(_ value: Double) -> String { String(format: "%.6g", value) }
            let name = one.figure.padding(toLength: width, withPad: " ", startingAt: 0)
            Console.show("\(name)  \(number(one.estimate))  (95 %: \(number(one.lower)) to \(number(one.upper)))")
        }
    }
}
