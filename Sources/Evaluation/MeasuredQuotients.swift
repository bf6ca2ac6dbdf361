import Domains
import FittedModels
import Foundation
import PrivacyKernel
import Statistics
import Tables

/// The quotients of two columns, as the difference of their logarithms was measured: the ratio of each row, known to a narrow
/// interval, and not to what two bins allow.
struct MeasuredQuotients: Sendable {
    /// Of the first column of the pair over the second, with rows whose difference lies outside all intervals anywhere.
    let cells: [MeasuredCells.Cell]
    private let inside: [MeasuredCells.Cell]

    /// nil where no such difference was measured.
    init?(_ pair: PairFit, _ model: FittedModel) {
        guard
            let one = model.differences.first(where: {
                !$0.isAlone && Set([$0.base, $0.column]) == [pair.first, pair.second]
                    && $0.columnAxis.kind == .logarithm && $0.baseAxis.kind == .logarithm
                    && $0.columnAxis.factor == 1 && $0.baseAxis.factor == 1
            }),
            let measured = ColumnFit.Measurement(
                model, attribute: one.number, size: one.intervals + model.domain.columns[one.column].size)
        else { return nil }
        let isTurned = one.column == pair.second
        inside = (0..<one.intervals).map { place in
            let ends = [one.edges[place], one.edges[place + 1]]
                .map { exp((isTurned ? -1 : 1) * Double($0) / one.scale) }
            return MeasuredCells.Cell(
                lower: min(ends[0], ends[1]), upper: max(ends[0], ends[1]), count: measured.counts[place],
                deviation: measured.deviations[place])
        }.sorted { $0.lower < $1.lower }
        // Rows whose column has a value that the intervals do not reach; what is missing has no ratio.
        let outside = (0..<model.domain.columns[one.column].valueCount).map { code in
            MeasuredCells.Cell(
                lower: 0, upper: .infinity, count: measured.counts[one.intervals + code],
                deviation: measured.deviations[one.intervals + code])
        }
        cells = inside + outside
    }

    /// The ratio that half of the rows are below.
    var middle: Double? {
        let total = inside.reduce(0) { $0 + max(0, $1.count) }
        guard total > 0 else { return nil }
        var left = total / 2
        for cell in inside where cell.count > 0 {
            if cell.count >= left { return cell.lower + (cell.upper - cell.lower) * left / cell.count }
            left -= cell.count
        }
        return inside.last?.upper
    }
}
