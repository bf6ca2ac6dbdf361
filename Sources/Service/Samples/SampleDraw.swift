import Bytes
import Crypto
import Domains
import FittedModels
import Tables
import Tasks

/// Rows that are ready to be drawn: the same bytes whenever they are asked for.
struct SampleDraw: Sendable {
    /// The request, with its seed.
    let request: SampleRequest
    /// A strong entity tag: SHA-256 over the model's digest and the request.
    let tag: String
    private let sampler: RowSampler
    private let encoder: SampleEncoder

    /// - Parameter modelDigest: of the model's file, hexadecimal.
    /// - Throws: 422 if the request does not fit the model.
    init(_ request: SampleRequest, seed: UInt64, model: FittedModel, modelDigest: String) throws {
        var seeded = request
        seeded.seed = seed
        self.request = seeded
        let name = "entrepot samples 1\n\(modelDigest)\n\(seeded.text)"
        tag = "\"\(SHA256.hash(data: Array(name.utf8)).hexadecimal)\""
        let columns = try Self.columns(request.columns, of: model.domain)
        let conditions = try request.conditions.map { try Self.condition($0, model.domain) }
        do {
            if let number = request.imputation {
                // As `entrepot sample --imputations` draws them.
                sampler = try RowSampler(
                    try model.imputation(number, seed: seed), seed: seed &+ UInt64(number), draws: .independent,
                    conditions: conditions)
            } else {
                sampler = try RowSampler(model, seed: seed, draws: request.draws ?? .balanced, conditions: conditions)
            }
        } catch SynthesisError.notImputable(let method) {
            throw Problem.argument(
                ["query", "imputation"], "this model is not made of marginals only", "value_error",
                hint: "\(SynthesisError.notImputable(method))")
        } catch {
            throw Problem.argument(
                ["query", "where"], "no row of the model is like this", "value_error", hint: "\(error)")
        }
        encoder = SampleEncoder(domain: model.domain, columns: columns, format: request.format, compressor: .snappy)
    }

    /// Hands out the bytes, piece by piece.
    func write(_ put: ([UInt8]) throws -> Void) throws {
        try encoder.encode(rowCount: request.rowCount, block: { sampler.rows($0) }, write: put)
    }

    /// Draws everything and keeps nothing but what it measured.
    ///
    /// - Parameter isCancelled: asked before each piece.
    /// - Throws: `CancellationError` once it says so.
    func measured(_ isCancelled: () -> Bool = { false }) throws -> SampleRecord {
        var meter = SampleMeter()
        try write { piece in
            if isCancelled() { throw CancellationError() }
            meter.add(piece)
        }
        return meter.record
    }

    private static func columns(_ names: [String]?, of domain: TableDomain) throws(Problem) -> [Int]? {
        guard let names else { return nil }
        var chosen: [Int] = []
        for name in names {
            guard let index = domain.index(of: name), !chosen.contains(index) else {
                throw Problem.argument(
                    ["query", "columns"], "not a list of different columns", "value_error",
                    hint: "Name columns of the joined table, such as \(domain.columns.first?.name ?? ""), with commas.")
            }
            chosen.append(index)
        }
        return chosen
    }

    private static func condition(
        _ condition: SampleRequest.Condition, _ domain: TableDomain
    ) throws(Problem) -> (column: Int, code: Int) {
        let name = ShownText.line(String(condition.column.prefix(60)))
        guard let column = domain.index(of: condition.column) else {
            let nearest = NearestWord.to(condition.column, among: domain.columns.map(\.name))
            throw Problem.argument(
                ["query", "where"], "there is no column \(name)", "value_error",
                hint: "\(nearest.map { "Did you mean \($0)? " } ?? "")Columns are those of the joined table, such as "
                    + "\(domain.columns.first?.name ?? ""): GET /columns lists them.")
        }
        let declared = domain.columns[column]
        guard let code = declared.code(ofCondition: condition.value) else {
            let value = ShownText.line(String(condition.value.prefix(60)))
            let labels = (0..<declared.size).lazy.filter { $0 != declared.missingCode }.map { declared.label(of: $0) }
            let nearest = NearestWord.to(condition.value, among: labels)
            throw Problem.argument(
                ["query", "where"], "\(value) lies outside the domain of \(name)", "value_error",
                hint: declared.conditionHint(nearest: nearest))
        }
        return (column, code)
    }
}

/// What is known about samples that were drawn to their end.
struct SampleRecord: Sendable, Equatable {
    let bytes: UInt64
    /// 32 bytes.
    let sha256: [UInt8]
}

/// Counts and hashes samples as they are sent.
struct SampleMeter {
    private var bytes: UInt64 = 0
    private var hash = SHA256()

    mutating func add(_ piece: [UInt8]) {
        bytes += UInt64(piece.count)
        hash.update(data: piece)
    }

    var record: SampleRecord { SampleRecord(bytes: bytes, sha256: Array(hash.finalize())) }
}
