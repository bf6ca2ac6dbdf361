import Domains
import Tables
import VectorMath

@testable import PlantedBugs
@testable import PrivacyKernel

/// A domain of categorical columns c0, c1… of these sizes.
func testDomain(_ sizes: [Int]) throws -> TableDomain {
    let fields = sizes.enumerated().map { place, size in
        Field(
            name: "c\(place)", type: .string, categories: (0..<size).map(String.init),
            constraints: Constraints(required: true))
    }
    return try TableDomain(schema: TableSchema(fields: fields), keyColumns: [])
}

func testTable(_ domain: TableDomain, _ rows: [[Int]], rowsPerKey: Int = 1) throws -> PrivateRows {
    let columns = try domain.sizes.indices.map { place in
        try CodedColumn(.words(rows.map { UInt32($0[place]) }), domainSize: domain.sizes[place])
    }
    return PrivateRows(domain: domain, table: try CodedTable(columns: columns), rowsPerKey: rowsPerKey)
}

func testTable(_ sizes: [Int], _ rows: [[Int]], rowsPerKey: Int = 1) throws -> PrivateRows {
    try testTable(testDomain(sizes), rows, rowsPerKey: rowsPerKey)
}

/// A kernel whose noise is the same each time, so that a statistical test never turns red by chance alone. Several may
/// spend budgets of their own on one table; `oneBudget` tests that production refuses that.
func testKernel(_ rows: PrivateRows, key: UInt64 = 1) -> Kernel {
    let kernel = Kernel(rows: rows, generator: NoiseGenerator(key: [key, 2, 3, 4]))
    kernel.forgetBudget()
    return kernel
}

extension Kernel {
    /// A kernel over rows that others read too, as no caller outside the module can make one.
    convenience init(rows: PrivateRows, record: (@Sendable (Release) throws -> Void)? = nil) {
        self.init(rows: rows, record: record, generator: NoiseGenerator())
    }
}

func testBudget(_ epsilon: Double, _ delta: Double, _ accounting: Accounting) throws -> Budget {
    try Budget(PrivacyParameters(epsilon: epsilon, delta: delta), accounting: accounting)
}
