import Domains
import LinearAlgebra
import VectorMath

/// A basis for what varies slowly along a scale: the slowest waves of the cosine transform over the groups that lie on the scale,
/// and each further group on its own.
///
/// It is orthonormal, so that noise which is alike and independent in each group is so in each coordinate too. How two columns
/// depend on each other mostly changes little from one age or income to the next: few waves hold it, and leave the noise of all
/// others behind.
struct ScaleWaves: Equatable {
    /// Groups of one side of a table, and how many of these at the front lie on a scale.
    let size: Int
    let ordered: Int
    /// How many waves are kept of these; nil for all, which leaves the groups as they are.
    let kept: Int?

    /// Fewer groups have no waves to tell apart.
    private static let leastOrdered = 6
    private static let longScale = 24

    /// What to try for one side of a table: everything, a half of the waves, a quarter, and of long scales an eighth.
    static func choices(size: Int, ordered: Int) -> [ScaleWaves] {
        var kept: [Int?] = [nil]
        if ordered >= leastOrdered { kept += [(ordered + 1) / 2, (ordered + 3) / 4] }
        if ordered >= longScale { kept.append((ordered + 7) / 8) }
        return kept.map { ScaleWaves(size: size, ordered: ordered, kept: $0) }
    }

    /// A column for each coordinate, a row for each group; nil where the groups are the coordinates.
    var basis: Matrix? {
        guard let kept else { return nil }
        var basis = Matrix(rows: size, columns: kept + size - ordered)
        for wave in 0..<kept {
            let height = ((wave == 0 ? 1 : 2) / Double(ordered)).squareRoot()
            for group in 0..<ordered {
                basis[group, wave] =
                    height * cosine(.pi * Double(wave * (2 * group + 1)) / Double(2 * ordered))
            }
        }
        for group in ordered..<size { basis[group, kept + group - ordered] = 1 }
        return basis
    }
}

extension OneWayMarginals {
    /// How many groups at the front of an attribute are runs along its column's scale; none of a column without one. A
    /// difference's are left as they are.
    func orderedGroups(of attribute: ModelAttribute) -> Int {
        let column = domain.columns[attribute.column]
        guard column.isOrdered, attribute.column < firstDifference else { return 0 }
        var last = 0
        for code in 0..<column.valueCount {
            let group = attribute.group(of: code)
            // Groups without order are left alone.
            guard group == last || group == last + 1 else { return 0 }
            last = group
        }
        return last + 1
    }
}
