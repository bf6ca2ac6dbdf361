import Domains
import Foundation
import PrivacyKernel
import Synthesizers
import Tables
import Tasks
import VectorMath

@testable import FittedModels

/// A task that reads says the same in its canonical form, which reads back as the same task.
func feedTask(_ bytes: [UInt8]) {
    guard let text = String(validating: bytes, as: UTF8.self) else { return }
    let context = TaskFile.Context(isDemonstration: true)
    let file = TaskFile(yaml: text, context: context)
    guard let task = file.specification else {
        promise(!file.problems.isEmpty, "a task is refused without a reason")
        return
    }
    let canonical = task.canonicalBytes
    guard let again = try? TaskSpecification(canonicalBytes: canonical, context: context) else {
        return promise(false, "the canonical form of a task is refused")
    }
    promise(again.canonicalBytes == canonical, "the canonical form of a task is not its own")
}

/// Bytes as a whole file, and as a body with the right digest: fuzzing would never guess one.
func feedModel(_ bytes: [UInt8]) {
    for file in [bytes, FittedModel.sealed(bytes)] {
        guard let model = try? FittedModel(encoded: file) else { continue }
        guard let encoded = try? model.encoded(), let again = try? FittedModel(encoded: encoded) else {
            return promise(false, "a model that was read cannot be written and read")
        }
        promise((try? again.encoded()) == encoded, "a model changes when it is written and read")
        guard let sampler = try? RowSampler(model, seed: 1) else { continue }
        let rows = sampler.rows(0..<4)
        for (codes, size) in zip(rows.codes, model.domain.sizes) {
            promise(codes.allSatisfy { $0 < size }, "a model draws codes outside its domain")
        }
    }
}

/// The tasks that come with the program.
func taskSeeds() throws -> [[UInt8]] {
    let folder = URL(fileURLWithPath: "Configs")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
        [UInt8](try Data(contentsOf: folder.appendingPathComponent($0)))
    }
}

/// Small models of three methods, each as a file and as the body of one.
func modelSeeds() throws -> [[UInt8]] {
    let domain = try TableDomain(
        schema: TableSchema(fields: [
            Field(name: "a", type: .number, constraints: Constraints(minimum: 0, maximum: 9), bins: Bins(count: 4)),
            Field(name: "b", type: .string, categories: ["x", "y"]),
        ]), keyColumns: [])
    let codes = domain.sizes.map { size in (0..<60).map { UInt32($0 % size) } }
    let columns = try zip(codes, domain.sizes).map { try CodedColumn(.words($0), domainSize: $1) }
    let privacy = try PrivacyParameters(epsilon: 4, delta: 1e-9)
    return try ["independent", "mst", "gaussian-copula"].flatMap { name in
        let table = try PrivateTable(public: CodedTable(columns: columns), domain: domain)
        let synthesizer = try synthesizer(named: name)
        let file = try synthesizer.fit(Kernel(table: table), privacy).encoded()
        return [file, try SealedFile.model.body(of: file)].map { Array($0) }
    }
}
