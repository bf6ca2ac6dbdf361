import Domains
// Whether intervals from imputations cover: replicates of a table are drawn from a known population, fitted with
// differential privacy and imputed, and the combined interval of each one- and two-way share is held against the truth.
//
//   Coverage [REPLICATES] [IMPUTATIONS] [SYNTHESIZER]              1000 20 mst: shares
//   Coverage figures [REPLICATES] [IMPUTATIONS] [SYNTHESIZER]      500 10 auto: counts, means, ratios, regressions
//   Coverage tails [REPLICATES] [SYNTHESIZER]                      20 auto: means of heavy tails, and slopes
import FittedModels
import Foundation
import PrivacyKernel
import Synthesizers
import Tables

let arguments = Array(CommandLine.arguments.dropFirst())
if arguments.first == "figures" {
    func argument(_ place: Int) -> String? { arguments.count > place ? arguments[place] : nil }
    try FigureCoverage(
        replicates: argument(1).flatMap { Int($0) } ?? 500, imputations: argument(2).flatMap { Int($0) } ?? 10,
        method: argument(3) ?? "auto"
    ).run()
    exit(0)
}
if arguments.first == "tails" {
    try TailErrors(
        replicates: arguments.count > 1 ? Int(arguments[1]) ?? 20 : 20,
        method: arguments.count > 2 ? arguments[2] : "auto"
    ).run()
    exit(0)
}
let replicates = arguments.count > 0 ? Int(arguments[0]) ?? 1_000 : 1_000
let imputations = arguments.count > 1 ? Int(arguments[1]) ?? 20 : 20
let name = arguments.count > 2 ? arguments[2] : "mst"
let rows = 5_000
let sizes = [3, 4, 2]
let domain = TableDomain(
    columns: sizes.enumerated().map { .categories("c\($0)", (0..<$1).map { "v\($0)" }) })
// A chain: a, b given a, c given b.
let first = [0.2, 0.3, 0.5]
let second = [[0.4, 0.3, 0.2, 0.1], [0.1, 0.4, 0.3, 0.2], [0.2, 0.1, 0.3, 0.4]]
let third = [[0.7, 0.3], [0.5, 0.5], [0.35, 0.65], [0.6, 0.4]]

func drawn(_ weights: [Double], _ generator: inout some RandomNumberGenerator) -> Int {
    var rest = Double.random(in: 0..<1, using: &generator)
    for (code, weight) in weights.enumerated() {
        rest -= weight
        if rest < 0 { return code }
    }
    return weights.count - 1
}

let sets = [[0], [1], [2], [0, 1], [1, 2], [0, 2]]

func share(_ columns: [[UInt32]], _ set: [Int]) -> [Double] {
    var cells = [Double](repeating: 0, count: set.reduce(1) { $0 * sizes[$1] })
    let count = columns[0].count
    for row in 0..<count {
        cells[set.reduce(0) { $0 * sizes[$1] + Int(columns[$1][row]) }] += 1 / Double(count)
    }
    return cells
}

let truth: [[Double]] = sets.map { set in
    var cells = [Double](repeating: 0, count: set.reduce(1) { $0 * sizes[$1] })
    for a in 0..<3 {
        for b in 0..<4 {
            for c in 0..<2 {
                let codes = [a, b, c]
                cells[set.reduce(0) { $0 * sizes[$1] + codes[$1] }] += first[a] * second[a][b] * third[b][c]
            }
        }
    }
    return cells
}

var generator = SystemRandomNumberGenerator()
var hits = [Int](repeating: 0, count: sets.count)
var cells = hits
let privacy = try PrivacyParameters(epsilon: 1, delta: 1e-9)
let method = try synthesizer(named: name)
for _ in 0..<replicates {
    var columns = [[UInt32]](repeating: [], count: 3)
    for _ in 0..<rows {
        let a = drawn(first, &generator)
        let b = drawn(second[a], &generator)
        for (column, code) in [a, b, drawn(third[b], &generator)].enumerated() { columns[column].append(UInt32(code)) }
    }
    let table = try PrivateTable(
        public: CodedTable(columns: zip(columns, sizes).map { try CodedColumn(.words($0), domainSize: $1) }),
        domain: domain)
    let model = try method.fit(Kernel(table: table), privacy)
    let seed = generator.next()
    let samples = try (1...imputations).map { number in
        try RowSampler(model.imputation(number, seed: seed), seed: seed &+ UInt64(number), draws: .independent)
            .rows(0..<UInt64(rows)).codes
    }
    for (place, set) in sets.enumerated() {
        let shares = samples.map { share($0, set) }
        for (cell, known) in truth[place].enumerated() {
            let estimates = shares.map { $0[cell] }
            let combined = ImputedEstimate(
                estimates: estimates, variances: estimates.map { $0 * (1 - $0) / Double(rows) }, syntheticRows: rows,
                tableRows: model.rowCount)
            cells[place] += 1
            if combined.interval.contains(known) { hits[place] += 1 }
        }
    }
}
print("coverage of 95 % intervals, \(replicates) replicates of \(rows) rows, \(imputations) imputations, \(name), ε 1")
for (place, set) in sets.enumerated() {
    print("\(set): \(String(format: "%.2f", 100 * Double(hits[place]) / Double(cells[place]))) %")
}
let all = 100 * Double(hits.reduce(0, +)) / Double(cells.reduce(0, +))
print("all: \(String(format: "%.2f", all)) %")
if !(93.5...96.5).contains(all) { exit(1) }
