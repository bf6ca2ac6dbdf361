import Domains
import FittedModels
import Foundation
import PrivacyKernel
import Synthesizers
import Tables

// What is publicly known of the columns. Domains are declared, never learnt from the rows.
let schema = TableSchema(fields: [
    Field(name: "sector", type: .string, categories: ["farm", "shop", "works"]),
    Field(
        name: "turnover", type: .number, constraints: Constraints(minimum: 0, maximum: 1_000), bins: Bins(count: 16)),
])
let domain = try TableDomain(schema: schema, keyColumns: [])

// Text becomes codes; then the kernel alone can read them.
let file = try Data(contentsOf: URL(fileURLWithPath: CommandLine.arguments[1]))
let reader = CSVTableReader(
    domain: domain, schema: schema, key: nil, hash: .random, limits: TableLimits(bytes: .max, rows: 1_000_000))
try reader.consume(file)
let kernel = try Kernel(table: PrivateTable(single: reader.finish()))

// A plan, noisy answers that cost ε = 1, and a model of them.
let privacy = try PrivacyParameters(epsilon: 1, delta: 1e-9)
let model = try synthesizer(named: "auto").fit(kernel, privacy)

// As many synthetic rows as anybody asks for: they cost nothing.
let sampler = try RowSampler(model, seed: 7)
let encoder = SampleEncoder(domain: domain, columns: nil, format: .csv)
try encoder.encode(rowCount: 5, block: sampler.rows(_:)) { try FileHandle.standardOutput.write(contentsOf: $0) }
