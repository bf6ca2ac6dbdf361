import Domains
import Glibc
import PrivacyKernel
import Tables

func domain(_ sizes: [Int]) throws -> TableDomain {
    try TableDomain(
        schema: TableSchema(
            fields: sizes.enumerated().map {
                Field(
                    name: "c\($0)", type: .string, categories: (0..<$1).map(String.init),
                    constraints: Constraints(required: true))
            }), keyColumns: [])
}

func cpu() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
}

func time<T>(_ what: String, _ count: Double, _ body: () throws -> T) rethrows {
    var best = Double.infinity
    var bestCPU = Double.infinity
    for _ in 0..<5 {
        let start = ContinuousClock().now
        let startCPU = cpu()
        _ = try body()
        bestCPU = min(bestCPU, cpu() - startCPU)
        best = min(best, (ContinuousClock().now - start) / .seconds(1))
    }
    print("\(what): \(best) s, \(count / best / 1e6) million/s; CPU \(bestCPU) s, \(count / bestCPU / 1e6) million/s")
}

let sizes = [128, 128, 128]
let wide = try domain(sizes)
// A private table answers to one budget, so that each run makes its own of the same columns.
let empty = try CodedTable(columns: sizes.map { try CodedColumn(.bytes([]), domainSize: $0) })
for (accounting, sigma) in [
    (Accounting.gaussian, 37.0), (.gaussian, 868), (.gaussian, 1e8), (.pure, 37), (.zeroConcentrated, 1),
] {
    try time("\(accounting) σ = \(sigma), 2^21 draws", 2_097_152) {
        var budget = try Budget(PrivacyParameters(epsilon: 10, delta: 1e-6), accounting: accounting)
        let amount = accounting == .pure ? 2.0.squareRoot() / sigma : 1 / (2 * sigma * sigma)
        return try Kernel(table: PrivateTable(public: empty, domain: wide)).measure(
            [[0, 1, 2]], spending: budget.take(.amount(max(amount, 1e-15))))
    }
}
let rows = 10_000_000
let columns = [16, 100, 7, 2, 50, 12, 9, 31, 5, 24, 10, 64, 3, 8, 20]
var state: UInt64 = 1
let coded = try columns.map { size in
    try CodedColumn(
        .bytes(
            (0..<rows).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8((state >> 40) % UInt64(size))
            }), domainSize: size)
}
let table = try CodedTable(columns: coded)
let pairs = (1..<15).flatMap { b in (0..<b).map { [$0, b] } }
try time("105 pairs of 15 columns, 10 million rows", 1050e6) {
    try Kernel(table: PrivateTable(public: table, domain: domain(columns))).measure(
        pairs, spending: Budget(PrivacyParameters(epsilon: 1, delta: 1e-9), accounting: .gaussian))
}
try time("one three-way marginal, 10 million rows", 10e6) {
    try Kernel(table: PrivateTable(public: table, domain: domain(columns))).measure(
        [[0, 2, 4]], spending: Budget(PrivacyParameters(epsilon: 1, delta: 1e-9), accounting: .gaussian))
}
