import Domains
import Foundation
import PrivacyKernel
import Tables
import VectorMath

@testable import PrivacyAccounting

/// One part of the audit's report, written where `make audit` asks for it.
enum AuditReport {
    static func write(_ name: String, _ text: String) throws {
        guard let folder = ProcessInfo.processInfo.environment["ENTREPOT_AUDIT_REPORT"] else { return }
        try (text + "\n").write(toFile: "\(folder)/\(name).md", atomically: true, encoding: .utf8)
    }
}

/// Text columns `c0`, `c1`, … of so many categories.
func categoryDomain(_ sizes: [Int]) -> TableDomain {
    TableDomain(columns: sizes.enumerated().map { .categories("c\($0)", (0..<$1).map { "v\($0)" }) })
}

/// Rows in which each column mostly follows the one before it.
func chainTable(_ sizes: [Int], count: Int, rowsPerKey: Int = 1) throws -> PrivateTable {
    var generator = SplitMix64(state: 1)
    var columns = sizes.map { _ in [UInt32]() }
    for _ in 0..<count {
        var before = Int.random(in: 0..<sizes[0], using: &generator)
        for (column, size) in sizes.enumerated() {
            let follows = Int.random(in: 0..<10, using: &generator) < 7
            let code = column == 0 || follows ? before % size : Int.random(in: 0..<size, using: &generator)
            columns[column].append(UInt32(code))
            before = code + column
        }
    }
    let coded = try CodedTable(columns: zip(columns, sizes).map { try CodedColumn(.words($0), domainSize: $1) })
    return try PrivateTable(public: coded, domain: categoryDomain(sizes), rowsPerKey: rowsPerKey)
}

/// δ of a pair of laws on finitely many outcomes at ε: Σ max(0, P − e^ε·Q).
func hockeyStick(_ pairs: [(p: Double, q: Double)], _ epsilon: Double) -> Double {
    pairs.reduce(0) { $0 + max(0, $1.p - exp(epsilon) * $1.q) }
}

/// The law of a discrete Gaussian on −reach…reach.
func discreteGaussian(_ variance: Double, reach: Int) -> [Double] {
    let weights = (-reach...reach).map { exp(-Double($0 * $0) / (2 * variance)) }
    let total = weights.reduce(0, +)
    return weights.map { $0 / total }
}
