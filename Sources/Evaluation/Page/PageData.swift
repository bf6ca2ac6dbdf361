import Bytes
import Domains
import FittedModels
import Foundation
import Statistics
import Tables

/// The figures that the page's calculator works on, as JSON inside the page.
struct PageData: Encodable {
    struct Grouping: Encodable {
        /// Base64 of little-endian group numbers, one a code; as many bytes each as `width` says.
        var map: String
        var width: Int
        var labels: [String]

        init(_ groups: CodeGroups) {
            width = PageData.width(groups.count)
            map = PageData.base64(groups.map, width: width)
            labels = groups.labels.map(ShownText.line)
        }
    }

    struct Column: Encodable {
        var name: String
        var size: Int
        var counts: [Double]?
        var deviations: [Double]?
        var shown: Grouping
        /// Base64 of the codes of the drawn rows.
        var rows: String
        var width: Int
    }

    struct Pair: Encodable {
        var first: Int
        var second: Int
        var firstGroups: Grouping
        var secondGroups: Grouping
        var counts: [Double]
        var deviation: Double
    }

    var total: Double
    var rowCount: Int
    var quantile: Double
    var jointQuantile: Double
    var columns: [Column]
    var pairs: [Pair]

    /// Rows that travel with the page.
    static let rowLimit = 20_000
    static let shownGroups = 24

    init(_ evaluation: ModelEvaluation) {
        total = Self.short(evaluation.total)
        quantile = evaluation.law.critical(0.95)
        jointQuantile = evaluation.law.critical(ErrorCalculator.jointConfidence)
        let count = min(evaluation.rowCount, evaluation.columns.count > 40 ? Self.rowLimit / 4 : Self.rowLimit)
        rowCount = count
        columns = evaluation.columns.map { fit in
            let column = evaluation.domain.columns[fit.column]
            let width = Self.width(column.size)
            return Column(
                name: ShownText.line(fit.name), size: column.size, counts: fit.measurement?.counts.map(Self.short),
                deviations: fit.measurement?.deviations.map(Self.short),
                shown: Grouping(
                    CodeGroups(
                        column, shares: fit.synthetic.map { $0 / max(evaluation.total, 1) }, limit: Self.shownGroups)),
                rows: Self.base64(evaluation.rows.codes[fit.column].prefix(count).map { Int($0) }, width: width),
                width: width)
        }
        pairs = evaluation.pairs.compactMap { pair in
            guard let noisy = pair.noisy, let deviation = pair.deviation else { return nil }
            return Pair(
                first: pair.first, second: pair.second, firstGroups: Grouping(pair.firstGroups),
                secondGroups: Grouping(pair.secondGroups), counts: noisy.map(Self.short),
                deviation: Self.short(deviation))
        }
    }

    /// JSON that is safe inside a script element: it contains no `<`.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
            .replacingOccurrences(of: "<", with: "\\u003c").replacingOccurrences(of: "&", with: "\\u0026")
    }

    private static func short(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

    private static func width(_ size: Int) -> Int { size <= 256 ? 1 : size <= 65_536 ? 2 : 4 }

    private static func base64(_ values: [Int], width: Int) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * width)
        for value in values { for byte in 0..<width { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * byte))) } }
        return Data(bytes).base64EncodedString()
    }
}
