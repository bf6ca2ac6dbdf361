import Bytes
import Foundation

/// How records become cryptographic long-term keys: a linkage schema of clkhash, version 3.
///
/// Both parties encode at home under one schema and one secret. Their filters are compared bit by bit, so every word of the
/// schema has clkhash's meaning.
public struct CLKSchema: Sendable, Equatable {
    /// Bits of a filter, after folding.
    public let length: Int
    /// How often the filter is folded in two by exclusive or.
    public let folds: Int
    /// In the order of the columns.
    public let features: [Feature]
    let keys: KeyDerivation

    /// From the secret to the keys of each feature: HKDF (RFC 5869).
    struct KeyDerivation: Sendable, Equatable {
        var isSHA512 = false
        var salt: [UInt8] = []
        var info: [UInt8] = []
        var size = 64
    }

    /// One column; `encoding` is nil for one that is not encoded.
    public struct Feature: Sendable, Equatable {
        /// The column's name.
        public let identifier: String
        let encoding: Encoding?
    }

    struct Encoding: Sendable, Equatable {
        enum Format: Sendable, Equatable {
            case text, integer
            /// As `strptime` reads it.
            case date(String)
        }
        enum Comparison: Sendable, Equatable {
            case ngram(Int, isPositional: Bool)
            case exact
            case numeric(interval: Int, resolution: Int, digits: Int)
        }
        enum Strategy: Sendable, Equatable {
            case bitsPerToken(Int)
            case bitsPerFeature(Int)
        }
        enum Hash: Sendable, Equatable {
            case blake
            case double(preventsSingularity: Bool)
        }
        var format: Format
        var comparison: Comparison
        var strategy: Strategy
        var hash: Hash
        /// What stands for a missing value, and what is encoded in its place.
        var missing: (sentinel: String, replacement: String)?

        static func == (one: Encoding, two: Encoding) -> Bool {
            one.format == two.format && one.comparison == two.comparison && one.strategy == two.strategy
                && one.hash == two.hash && one.missing?.sentinel == two.missing?.sentinel
                && one.missing?.replacement == two.missing?.replacement
        }
    }

    /// Reads the schema's JSON.
    ///
    /// - Throws: `CLKError` for what is not version 3 of clkhash's form, and for what this program does not encode.
    public init(json: [UInt8]) throws(CLKError) {
        guard JSONForm.isPlain(json) else { throw .schema("it is no JSON in UTF-8 that has each name once") }
        let file: SchemaFile
        do {
            file = try JSONDecoder().decode(SchemaFile.self, from: Data(json))
        } catch {
            throw .schema("its JSON lacks something or has a wrong type")
        }
        guard file.version == 3 else { throw .schema("it is of version \(file.version); write version 3") }
        let configuration = file.clkConfig
        guard configuration.ignoredFolds == nil else {
            throw .schema("clkhash does not read `xorFolds`; write `xor_folds`")
        }
        (length, folds) = (configuration.l, configuration.folds ?? 0)
        guard (8...1 << 16).contains(length), length.isMultiple(of: 8), (0...8).contains(folds) else {
            throw .schema("`l` must be a multiple of 8 from 8 to 65536, `xor_folds` at most 8")
        }
        guard configuration.kdf.type == "HKDF", ["SHA256", "SHA512"].contains(configuration.kdf.hash ?? "SHA256") else {
            throw .schema("keys are derived by HKDF with SHA256 or SHA512 alone")
        }
        var keys = KeyDerivation()
        keys.isSHA512 = configuration.kdf.hash == "SHA512"
        keys.salt = configuration.kdf.salt.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
        keys.info = configuration.kdf.info.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
        keys.size = configuration.kdf.keySize ?? 64
        guard keys.size > 0, 2 * keys.size * file.features.count <= 255 * (keys.isSHA512 ? 64 : 32) else {
            throw .schema("HKDF does not give so many keys of this size")
        }
        self.keys = keys
        var features: [Feature] = []
        for feature in file.features {
            features.append(
                Feature(identifier: feature.identifier, encoding: try Self.encoding(feature, bits: length << folds)))
        }
        self.features = features
    }

    private static func encoding(_ feature: SchemaFile.Feature, bits: Int) throws(CLKError) -> Encoding? {
        if feature.ignored == true { return nil }
        guard let format = feature.format, let hashing = feature.hashing else {
            throw .schema("\(feature.identifier) has no format or no hashing")
        }
        let read = try reading(format, feature.identifier)
        let hash = try hash(hashing, feature.identifier, bits)
        return Encoding(
            format: read, comparison: try comparison(hashing.comparison, feature.identifier),
            strategy: try strategy(hashing.strategy, feature.identifier), hash: hash,
            missing: hashing.missingValue.map { ($0.sentinel, $0.replaceWith ?? $0.sentinel) })
    }

    private static func reading(
        _ format: SchemaFile.Format, _ name: String
    ) throws(CLKError) -> Encoding.Format {
        guard ["utf-8", "ascii"].contains(format.encoding ?? "utf-8") else {
            throw .schema("\(name): text is encoded as utf-8 or ascii alone")
        }
        switch format.type {
        case "string", "enum": return .text
        case "integer": return .integer
        case "date":
            guard let text = format.format else { throw .schema("\(name): a date has a `format`") }
            return .date(text)
        default: throw .schema("\(name): unknown format \(format.type)")
        }
    }

    private static func hash(
        _ hashing: SchemaFile.Hashing, _ name: String, _ bits: Int
    ) throws(CLKError) -> Encoding.Hash {
        switch hashing.hash?.type ?? "blakeHash" {
        case "doubleHash": return .double(preventsSingularity: hashing.hash?.preventsSingularity ?? false)
        case "blakeHash":
            guard bits.nonzeroBitCount == 1, bits <= 1 << 16 else {
                throw .schema("\(name): blakeHash needs a length that is a power of two, at most 65536")
            }
            return .blake
        default: throw .schema("\(name): the hash is doubleHash or blakeHash")
        }
    }

    private static func comparison(
        _ comparison: SchemaFile.Comparison, _ name: String
    ) throws(CLKError) -> Encoding.Comparison {
        switch comparison.type {
        case "ngram":
            guard let n = comparison.n, (1...32).contains(n) else { throw .schema("\(name): n is from 1 to 32") }
            return .ngram(n, isPositional: comparison.positional ?? false)
        case "exact": return .exact
        case "numeric":
            let digits = comparison.fractionalPrecision ?? 0
            guard let distance = comparison.thresholdDistance, let resolution = comparison.resolution,
                (1...1_000).contains(resolution), (0...9).contains(digits)
            else { throw .schema("\(name): numeric needs thresholdDistance and resolution") }
            let scale = (0..<digits).reduce(1.0) { product, _ in product * 10 }
            let interval = (distance * scale).rounded(.toNearestOrEven)
            guard interval >= 1, interval < 0x1p40 else { throw .schema("\(name): thresholdDistance is out of range") }
            return .numeric(interval: Int(interval), resolution: resolution, digits: digits)
        default: throw .schema("\(name): unknown comparison \(comparison.type)")
        }
    }

    private static func strategy(
        _ strategy: SchemaFile.Strategy, _ name: String
    ) throws(CLKError) -> Encoding.Strategy {
        switch (strategy.bitsPerToken, strategy.bitsPerFeature) {
        case (let bits?, nil) where (1...4_096).contains(bits): return .bitsPerToken(bits)
        case (nil, let bits?) where (1...65_536).contains(bits): return .bitsPerFeature(bits)
        default: throw .schema("\(name): write either bitsPerToken or bitsPerFeature")
        }
    }
}

/// The JSON as clkhash writes it.
private struct SchemaFile: Decodable {
    struct Configuration: Decodable {
        let l: Int
        let folds: Int?
        let ignoredFolds: Int?
        let kdf: KeyDerivation

        enum CodingKeys: String, CodingKey {
            case l, kdf
            case folds = "xor_folds"
            case ignoredFolds = "xorFolds"
        }
    }
    struct KeyDerivation: Decodable {
        let type: String
        let hash: String?
        let salt: String?
        let info: String?
        let keySize: Int?
    }
    struct Feature: Decodable {
        let identifier: String
        let ignored: Bool?
        let format: Format?
        let hashing: Hashing?
    }
    struct Format: Decodable {
        let type: String
        let encoding: String?
        let format: String?
    }
    struct Hashing: Decodable {
        let hash: Hash?
        let comparison: Comparison
        let strategy: Strategy
        let missingValue: MissingValue?
    }
    struct Hash: Decodable {
        let type: String
        let preventsSingularity: Bool?

        enum CodingKeys: String, CodingKey {
            case type
            case preventsSingularity = "prevent_singularity"
        }
    }
    struct Comparison: Decodable {
        let type: String
        let n: Int?
        let positional: Bool?
        let thresholdDistance: Double?
        let resolution: Int?
        let fractionalPrecision: Int?

        enum CodingKeys: String, CodingKey {
            case type, n, positional, thresholdDistance, resolution
            case fractionalPrecision = "fractional_precision"
        }
    }
    struct Strategy: Decodable {
        let bitsPerToken: Int?
        let bitsPerFeature: Int?
    }
    struct MissingValue: Decodable {
        let sentinel: String
        let replaceWith: String?
    }
    let version: Int
    let clkConfig: Configuration
    let features: [Feature]
}

/// Why records cannot be encoded.
public enum CLKError: Error, Equatable, Sendable, CustomStringConvertible {
    /// What is wrong with the schema; public.
    case schema(String)
    /// A row of the wrong number of columns.
    case columns(expected: Int, found: Int)
    /// A value that its column's format does not read; for the owner of the table alone.
    case value(feature: String)

    public var description: String {
        switch self {
        case .schema(let reason): "The linkage schema cannot be used: \(reason)."
        case .columns(let expected, let found): "A row has \(found) columns, and the schema \(expected)."
        case .value(let feature): "A value of \(feature) is not written as the schema says."
        }
    }
}
