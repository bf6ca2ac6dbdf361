import Domains
import PrivacyKernel
import Tables
import VectorMath

/// Numbers of cells of fifteen columns, as narrow and wide as those of a survey.
let columnSizes = [16, 100, 7, 2, 50, 12, 9, 31, 5, 24, 10, 64, 3, 8, 20]

/// Codes of each column at random.
func randomCodes(rows: Int, sizes: [Int]) -> [[UInt8]] {
    var generator = SplitMix64(state: 1)
    return sizes.map { size in (0..<rows).map { _ in UInt8((generator.next() >> 40) % UInt64(size)) } }
}

/// Columns of texts `v0`, `v1`, … of these sizes.
func publicDomain(_ sizes: [Int]) throws -> TableDomain {
    try TableDomain(
        schema: TableSchema(
            fields: sizes.enumerated().map {
                Field(
                    name: "column\($0)", type: .string, categories: (0..<$1).map { "v\($0)" },
                    constraints: Constraints(required: true))
            }), keyColumns: [])
}

/// Public codes, of which a table is made anew for each kernel.
struct KernelTable {
    let domain: TableDomain
    let codes: CodedTable

    init(_ codes: [[UInt8]], sizes: [Int]) throws {
        domain = try publicDomain(sizes)
        self.codes = try CodedTable(columns: zip(codes, sizes).map { try CodedColumn(.bytes($0), domainSize: $1) })
    }

    /// The same rows as a kernel takes them.
    func privateTable() throws -> PrivateTable { try PrivateTable(public: codes, domain: domain) }
}
