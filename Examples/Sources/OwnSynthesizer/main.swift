import Domains
import FittedModels
import PrivacyKernel
import Synthesizers
import Tables

// 4,000 public rows in which the second column mostly follows the first, and the third the second.
let domain = TableDomain(
    columns: ["a", "b", "c"].map { .categories($0, ["x", "y", "z"]) })
let first = (0..<4_000).map { UInt32($0 % 3) }
let second = first.enumerated().map { $0.offset % 5 == 0 ? ($0.element + 1) % 3 : $0.element }
let third = second.enumerated().map { $0.offset % 7 == 0 ? ($0.element + 2) % 3 : $0.element }
let rows = try CodedTable(
    columns: [first, second, third].map { try CodedColumn(.words($0), domainSize: 3) })

let method = try Neighbours(parameters: ["one-ways": .number(0.3)])
let model = try method.fit(
    Kernel(table: PrivateTable(public: rows, domain: domain)), PrivacyParameters(epsilon: 2, delta: 1e-9))

// The name from outside survives the model file, and the rows keep what was measured.
let read = try FittedModel(encoded: model.encoded())
precondition(read.plan.synthesizer == Neighbours.name, "the file names another synthesizer")
let sample = try RowSampler(read, seed: 1).rows(0..<4_000).codes
func agreement(_ a: [UInt32], _ b: [UInt32]) -> Double {
    Double(zip(a, b).count { $0 == $1 }) / Double(a.count)
}
for (one, next) in [(0, 1), (1, 2)] {
    let (truth, drawn) = (
        agreement([first, second, third][one], [first, second, third][next]), agreement(sample[one], sample[next])
    )
    print("columns \(one) and \(next) agree in \(truth) of the table and in \(drawn) of the synthetic rows")
    precondition(abs(truth - drawn) < 0.05, "the synthetic rows lost what was measured")
}
let spent = read.transcript.releases.map(\.spent)
precondition(abs(Double(spent[0]) / Double(spent.reduce(0, +)) - 0.3) < 1e-6, "the money did not follow the plan")
