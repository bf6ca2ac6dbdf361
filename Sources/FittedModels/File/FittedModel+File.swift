import Bytes
import Crypto
import Domains
public import Foundation
import GraphicalModels
import PrivacyKernel
import Tables

/// The model file: one line of JSON, `{"entrepot-model":2,"sha256":"…","body":{…}}`.
///
/// The digest is of the bytes of `body` exactly as they stand. The target's README describes the content.
extension FittedModel {
    /// The newest version that this program writes and reads. A model without differences is written as version 1, which
    /// earlier programs read too.
    public static let fileVersion = 2

    /// The bytes of the model file.
    public func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Self.sealed([UInt8](try encoder.encode(ModelBody(self))), version: differences.isEmpty ? 1 : 2)
    }

    /// A body with version and digest around it.
    static func sealed(_ body: [UInt8], version: Int = 1) -> [UInt8] { SealedFile.model.sealed(body, version: version) }

    /// Reads a model file.
    ///
    /// - Throws: `SynthesisError` for bytes that are not a model file, have another version, do not agree with their
    ///   digest, or do not make a model.
    public init(encoded bytes: [UInt8]) throws(SynthesisError) {
        guard !SealedFile.answers.begins(bytes) else { throw .answersAlone }
        let body = try SealedFile.model.body(of: bytes)
        let decoded: ModelBody
        do {
            decoded = try JSONDecoder().decode(ModelBody.self, from: Data(body))
        } catch {
            throw .malformedModel("its JSON lacks something or has a wrong type")
        }
        self = try decoded.model()
    }

    /// Writes the model file.
    public func write(to url: URL) throws { try Data(encoded()).write(to: url, options: .atomic) }

    /// Reads a model file from disk.
    public init(reading url: URL) throws { try self.init(encoded: [UInt8](Data(contentsOf: url))) }
}

/// What the digest covers.
private struct ModelBody: Codable {
    struct Table: Codable {
        var attributes: [Int]
        var shape: [Int]
        var values: NumberArray

        init(_ factor: Factor) {
            attributes = factor.attributes
            shape = factor.shape
            values = NumberArray(factor.values)
        }
    }

    struct Attribute: Codable {
        var column: Int
        var groups: NumberArray?
        var size: Int

        init(_ attribute: ModelAttribute) {
            column = attribute.column
            groups = attribute.groups.map { NumberArray($0, below: attribute.size) }
            size = attribute.size
        }
    }

    struct Measurement: Codable {
        var attributes: [Int]
        var counts: NumberArray
        var variance: Double
    }

    struct Tilt: Codable {
        var groups: [Int]
        var column: Int
        /// The value of each code, already within the clamp.
        var values: NumberArray
        var figures: NumberArray
        var variance: Double
        var rates: NumberArray

        init(_ tilt: SumsTilt) {
            let measured = tilt.measured
            groups = measured.question.groups
            column = measured.question.attribute
            values = NumberArray(
                measured.question.values.map {
                    min(max($0, measured.question.clamp.lowerBound), measured.question.clamp.upperBound)
                })
            figures = NumberArray(measured.figures)
            variance = measured.variance
            rates = NumberArray(tilt.rates)
        }
    }

    struct Misfit: Codable {
        var first: Attribute
        var second: Attribute
        var value: Int64
        var variance: Double
    }

    struct Representatives: Codable {
        var blockSize: Int
        /// One array a column; empty for derived columns.
        var columns: [NumberArray]
    }

    var domain: TableDomain
    var plan: MechanismPlan
    var total: Double
    var attributes: [Attribute]
    var cliques: [Table]
    var separators: [Table]
    var shares: [NumberArray]
    var corrections: [Table]
    /// Absent where the model was conditioned on no sums.
    var tilts: [Tilt]?
    var measurements: [Measurement]
    var misfits: [Misfit]
    /// Absent from models without latent normals.
    var copula: LatentNormalsFile?
    /// Absent from version 1.
    var differences: [ColumnDifference]?
    var representatives: Representatives
    var transcript: Transcript
    var taskDigest: String?

    init(_ model: FittedModel) {
        domain = model.domain
        plan = model.plan
        total = model.tree.total
        attributes = model.attributes.map { Attribute($0) }
        cliques = model.tree.cliques.map { Table($0) }
        separators = model.tree.separators.map { Table($0) }
        shares = model.shares.map { NumberArray($0) }
        corrections = model.corrections.map { Table($0) }
        tilts = model.tilts.isEmpty ? nil : model.tilts.map { Tilt($0) }
        measurements = model.measurements.map {
            Measurement(attributes: $0.attributes, counts: NumberArray($0.counts), variance: $0.variance)
        }
        misfits = model.misfits.map {
            Misfit(first: Attribute($0.first), second: Attribute($0.second), value: $0.value, variance: $0.variance)
        }
        copula = model.copula.map { LatentNormalsFile($0) }
        differences = model.differences.isEmpty ? nil : model.differences
        representatives = Representatives(
            blockSize: model.representatives.blockSize,
            columns: zip(model.representatives.columns, model.modelDomain.sizes).map { NumberArray($0, below: $1) })
        transcript = model.transcript
        taskDigest = model.taskDigest
    }
}

extension ModelBody {
    /// Checks every figure that the rest of the program relies on, and makes the model.
    func model() throws(SynthesisError) -> FittedModel {
        let rebuilt = differences ?? []
        guard rebuilt.areSound(domain) else { throw .malformedModel("a difference does not fit its columns") }
        let modelDomain = domain.with(rebuilt)
        let sizes = modelDomain.sizes
        guard total >= 1, total < 1e18 else { throw .malformedModel("the total is out of range") }
        var known: [ModelAttribute] = []
        for attribute in attributes { known.append(try self.attribute(attribute, sizes)) }
        guard !known.isEmpty, !cliques.isEmpty else { throw .malformedModel("there are no attributes or tables") }
        let derived = domain.derivationOf
        let computed = domain.computedColumns
        guard shares.count == sizes.count else { throw .malformedModel("shares are missing") }
        var distributions: [[Double]] = []
        for (column, array) in shares.enumerated() {
            guard let values = array.doubles,
                values.count == (derived[column] == nil && !computed.contains(column) ? sizes[column] : 0),
                values.allSatisfy({ $0 >= 0 && $0 <= 2 })
            else { throw .malformedModel("the shares of column \(column) are out of range") }
            distributions.append(values)
        }
        guard known.allSatisfy({ derived[$0.column] == nil && !computed.contains($0.column) }) else {
            throw .malformedModel("a derived or computed column is modelled")
        }
        let tree = TreeTables(
            total: total, cliques: try tables(cliques, known), separators: try tables(separators, known))
        var marginals: [MeasuredMarginal] = []
        for one in measurements {
            guard let counts = one.counts.counts, one.variance > 0, one.variance < .infinity,
                cells(one.attributes, known) == counts.count
            else { throw .malformedModel("a measurement does not fit its attributes") }
            marginals.append(MeasuredMarginal(attributes: one.attributes, counts: counts, variance: one.variance))
        }
        var distances: [MeasuredMisfit] = []
        for one in misfits {
            distances.append(
                MeasuredMisfit(
                    first: try attribute(one.first, sizes), second: try attribute(one.second, sizes), value: one.value,
                    variance: one.variance))
        }
        guard rebuilt.isEmpty || (copula == nil && known.allSatisfy { !rebuilt.rebuilt.contains($0.column) }) else {
            throw .malformedModel("a column that a difference stands for is modelled")
        }
        let latents = try copula?.latents(domain, attributes: known, cliques: tree.cliques)
        return try FittedModel(
            domain: domain, plan: plan, attributes: known, tree: tree, shares: distributions,
            corrections: try tables(corrections, known, areLogarithms: true), tilts: try knownTilts(sizes),
            measurements: marginals,
            misfits: distances, copula: latents, differences: rebuilt, transcript: transcript, taskDigest: taskDigest,
            representatives: try rows(
                sizes,
                derived: Set(derived.keys).union(computed).union(latents?.columns ?? []).union(rebuilt.rebuilt)))
    }

    private func knownTilts(_ sizes: [Int]) throws(SynthesisError) -> [SumsTilt] {
        var result: [SumsTilt] = []
        for tilt in tilts ?? [] {
            guard sizes.indices.contains(tilt.column), tilt.groups.allSatisfy(sizes.indices.contains),
                zip(tilt.groups, tilt.groups.dropFirst()).allSatisfy({ $0 < $1 }),
                let values = tilt.values.counts, values.count == sizes[tilt.column],
                values.allSatisfy({ $0.magnitude <= 1 << 30 }), let figures = tilt.figures.counts,
                let rates = tilt.rates.doubles, rates.count == figures.count, rates.allSatisfy({ abs($0) < 1e6 }),
                tilt.variance >= 0, tilt.variance < .infinity
            else { throw .malformedModel("a sum does not fit its columns") }
            var cells = 1
            for group in tilt.groups { cells = min(cells * sizes[group], 1 << 40) }
            guard cells == figures.count else { throw .malformedModel("a sum does not fit its groups") }
            let question = SumQuestion(
                attribute: tilt.column, values: values, clamp: -(1 << 30)...(1 << 30), groups: tilt.groups)
            result.append(
                SumsTilt(
                    measured: MeasuredSums(question: question, figures: figures, variance: tilt.variance), rates: rates)
            )
        }
        return result
    }

    private func attribute(_ attribute: Attribute, _ sizes: [Int]) throws(SynthesisError) -> ModelAttribute {
        guard sizes.indices.contains(attribute.column), attribute.size >= 1 else {
            throw .malformedModel("an attribute is of no column")
        }
        guard let array = attribute.groups else {
            guard attribute.size == sizes[attribute.column] else { throw .malformedModel("an attribute has no groups") }
            return ModelAttribute(column: attribute.column, size: attribute.size)
        }
        guard let groups = array.codes, groups.count == sizes[attribute.column],
            groups.allSatisfy({ $0 < attribute.size })
        else { throw .malformedModel("the groups of an attribute do not fit its column") }
        return ModelAttribute(column: attribute.column, groups: groups, size: attribute.size)
    }

    /// The number of cells of a table over these attributes, or nil.
    private func cells(_ list: [Int], _ known: [ModelAttribute]) -> Int? {
        guard !list.isEmpty, zip(list, list.dropFirst()).allSatisfy({ $0 < $1 }),
            list.allSatisfy(known.indices.contains)
        else { return nil }
        var product = 1
        for one in list {
            let (next, overflow) = product.multipliedReportingOverflow(by: known[one].size)
            if overflow { return nil }
            product = next
        }
        return product
    }

    private func tables(
        _ list: [Table], _ known: [ModelAttribute], areLogarithms: Bool = false
    ) throws(SynthesisError) -> [Factor] {
        var result: [Factor] = []
        for table in list {
            guard let values = table.values.doubles, cells(table.attributes, known) == values.count,
                table.shape == table.attributes.map({ known[$0].size }),
                values.allSatisfy({ areLogarithms ? abs($0) < 1e6 : $0 >= 0 && $0 < 1e18 })
            else { throw .malformedModel("a table does not fit its attributes") }
            result.append(Factor(attributes: table.attributes, shape: table.shape, values: values))
        }
        return result
    }

    private func rows(_ sizes: [Int], derived: Set<Int>) throws(SynthesisError) -> RepresentativeRows {
        guard representatives.blockSize >= 1, representatives.blockSize < 1 << 28,
            representatives.columns.count == sizes.count
        else {
            throw .malformedModel("representative rows are missing")
        }
        let count = representatives.blockSize * RepresentativeRows.blockCount
        var columns: [[UInt32]] = []
        for (column, array) in representatives.columns.enumerated() {
            guard let codes = array.codes, codes.count == (derived.contains(column) ? 0 : count),
                codes.allSatisfy({ Int($0) < sizes[column] })
            else { throw .malformedModel("representative rows do not fit column \(column)") }
            columns.append(codes)
        }
        return RepresentativeRows(blockSize: representatives.blockSize, columns: columns)
    }
}

extension SHA256.Digest {
    /// 64 hexadecimal digits in lower case.
    var hexadecimal: String { Hex.encode(self) }
}
