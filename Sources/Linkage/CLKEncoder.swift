import Crypto
import Foundation

/// Encodes records as cryptographic long-term keys: one keyed Bloom filter of all columns' tokens a record.
///
/// Whoever knows the secret can encode guesses and compare, and frequencies show through without it. So filters are no
/// protection towards a reader: they are for parties who would rather not hand over clear text to a service that they verify.
///
/// Source: R. Schnell, T. Bachteler, J. Reiher, "A novel error-tolerant anonymous linking code", 2011. Bits are those of clkhash
/// 0.18.3.
public struct CLKEncoder: Sendable {
    private let schema: CLKSchema
    /// Of each feature two.
    private let keys: [[[UInt8]]]
    private var known: [[UInt8]: [Int]] = [:]

    /// - Parameter secret: what both parties share and nobody else knows.
    public init(_ schema: CLKSchema, secret: [UInt8]) {
        self.schema = schema
        let rule = schema.keys
        let count = 2 * rule.size * schema.features.count
        let input = SymmetricKey(data: secret)
        let all: SymmetricKey =
            rule.isSHA512
            ? HKDF<SHA512>.deriveKey(
                inputKeyMaterial: input, salt: rule.salt, info: rule.info, outputByteCount: max(1, count))
            : HKDF<SHA256>.deriveKey(
                inputKeyMaterial: input, salt: rule.salt, info: rule.info, outputByteCount: max(1, count))
        // Proof: the key's bytes are copied whole, within the call that lends them.
        let bytes = all.withUnsafeBytes(Array.init)
        keys = schema.features.indices.map { feature in
            (0..<2).map { Array(bytes[(2 * feature + $0) * rule.size..<(2 * feature + $0 + 1) * rule.size]) }
        }
    }

    /// The filter of a record, most significant bit first.
    ///
    /// - Parameter record: one text a feature, those of ignored features too.
    /// - Throws: `CLKError.columns`, `CLKError.value`.
    public mutating func encode(_ record: [String]) throws(CLKError) -> [UInt8] {
        guard record.count == schema.features.count else {
            throw .columns(expected: schema.features.count, found: record.count)
        }
        let bits = schema.length << schema.folds
        var filter = [UInt8](repeating: 0, count: bits / 8)
        for (number, (feature, text)) in zip(schema.features, record).enumerated() {
            guard let encoding = feature.encoding else { continue }
            guard let value = Self.value(text, encoding), let tokens = Self.tokens(value, encoding.comparison) else {
                throw .value(feature: feature.identifier)
            }
            for (token, count) in zip(tokens, Self.counts(tokens.count, encoding.strategy)) {
                for place in places(of: Array(token.utf8), count, number, encoding.hash, bits) {
                    filter[place / 8] |= 0x80 >> UInt8(place % 8)
                }
            }
        }
        for _ in 0..<schema.folds {
            let half = filter.count / 2
            filter = (0..<half).map { filter[$0] ^ filter[half + $0] }
        }
        return filter
    }

    /// The text as it is encoded; nil for one that its format does not read.
    private static func value(_ text: String, _ encoding: CLKSchema.Encoding) -> String? {
        if let missing = encoding.missing, missing.sentinel == text { return missing.replacement }
        switch encoding.format {
        case .text: return text
        case .integer: return Int(text.trimmingCharacters(in: .whitespaces)).map(String.init)
        case .date(let format): return date(text, format)
        }
    }

    /// A date as year, month and day without separators.
    private static func date(_ text: String, _ format: String) -> String? {
        var (year, month, day): (Int?, Int?, Int?) = (nil, nil, nil)
        var rest = Substring(text)
        var pattern = Substring(format)
        func number(_ most: Int, _ least: Int = 1) -> Int? {
            let digits = rest.prefix(most).prefix { $0.isASCII && $0.isNumber }
            guard digits.count >= least else { return nil }
            rest = rest.dropFirst(digits.count)
            return Int(digits)
        }
        while let character = pattern.popFirst() {
            guard character == "%" else {
                guard rest.popFirst() == character else { return nil }
                continue
            }
            switch pattern.popFirst() {
            case "Y": year = number(4, 4)
            case "m": month = number(2)
            case "d": day = number(2)
            default: return nil
            }
        }
        guard rest.isEmpty, let year, let month, let day, (1...12).contains(month), (1...31).contains(day) else {
            return nil
        }
        return String(format: "%04d%02d%02d", year, month, day)
    }

    private static func tokens(_ text: String, _ comparison: CLKSchema.Encoding.Comparison) -> [String]? {
        guard !text.isEmpty else { return [] }
        switch comparison {
        case .exact: return [text]
        case .ngram(let n, let isPositional):
            let padding = [Unicode.Scalar](repeating: " ", count: n - 1)
            let scalars = padding + Array(text.unicodeScalars) + padding
            guard scalars.count >= n else { return [] }
            return (0...(scalars.count - n)).map { place in
                var view = String.UnicodeScalarView()
                view.append(contentsOf: scalars[place..<place + n])
                return isPositional ? "\(place + 1) \(String(view))" : String(view)
            }
        case .numeric(let interval, let resolution, let digits):
            return neighbourhood(text, interval, resolution, digits)
        }
    }

    /// The numbers around a number on a grid: numbers that are near share many of them.
    private static func neighbourhood(_ text: String, _ interval: Int, _ resolution: Int, _ digits: Int) -> [String]? {
        let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
        let whole: Int
        if let number = Int(text) {
            let (scaled, overflow) = number.multipliedReportingOverflow(by: scale)
            guard !overflow else { return nil }
            whole = scaled
        } else {
            guard let number = Double(text) else { return nil }
            let scaled = digits > 0 ? (number * Double(scale)).rounded(.toNearestOrEven) : number.rounded(.towardZero)
            guard abs(scaled) < 0x1p52 else { return nil }
            whole = Int(scaled)
        }
        let (stretched, overflow) = whole.multipliedReportingOverflow(by: 2 * resolution)
        guard !overflow, abs(stretched) < 1 << 60 else { return nil }
        let remainder = stretched % interval
        let rest = remainder < 0 ? remainder + interval : remainder
        let middle = 2 * rest < interval ? stretched - rest : stretched + (interval - rest)
        let centre = rest == 0 ? stretched : middle
        return (-resolution...resolution).map { String(centre + $0 * interval) }
    }

    /// How many bits each token sets.
    private static func counts(_ tokens: Int, _ strategy: CLKSchema.Encoding.Strategy) -> [Int] {
        switch strategy {
        case .bitsPerToken(let bits): [Int](repeating: bits, count: tokens)
        case .bitsPerFeature(let bits): (0..<tokens).map { bits / tokens + ($0 < bits % tokens ? 1 : 0) }
        }
    }

    /// The places of a token's bits.
    private mutating func places(
        of token: [UInt8], _ count: Int, _ feature: Int, _ hash: CLKSchema.Encoding.Hash, _ bits: Int
    ) -> [Int] {
        // Few tokens make up most names.
        let name = [UInt8(truncatingIfNeeded: feature), UInt8(truncatingIfNeeded: count)] + token
        if let places = known[name], places.count == count { return places }
        let places =
            switch hash {
            case .blake: Self.blakePlaces(token, count, keys[feature][0], bits)
            case .double(let prevents): Self.doublePlaces(token, count, keys[feature], bits, prevents)
            }
        if known.count < 1 << 17 { known[name] = places }
        return places
    }

    private static func blakePlaces(_ token: [UInt8], _ count: Int, _ key: [UInt8], _ bits: Int) -> [Int] {
        var places: [Int] = []
        for block in 0..<((count + 31) / 32) {
            let bytes = BLAKE2b(key: key, salt: Array("\(block)".utf8)).hash(token)
            for place in 0..<32 { places.append((Int(bytes[2 * place]) | Int(bytes[2 * place + 1]) << 8) % bits) }
        }
        return Array(places.prefix(count))
    }

    private static func doublePlaces(
        _ token: [UInt8], _ count: Int, _ keys: [[UInt8]], _ bits: Int, _ preventsSingularity: Bool
    ) -> [Int] {
        func remainder(_ code: some Sequence<UInt8>) -> Int { code.reduce(0) { ($0 << 8 | Int($1)) % bits } }
        let first = remainder(HMAC<Insecure.SHA1>.authenticationCode(for: token, using: SymmetricKey(data: keys[0])))
        let second = SymmetricKey(data: keys[1])
        var step = remainder(HMAC<Insecure.MD5>.authenticationCode(for: token, using: second))
        var turn = 0
        while preventsSingularity, step == 0, let scalar = Unicode.Scalar(UInt32(turn)) {
            let longer = token + Array(String(Character(scalar)).utf8)
            step = remainder(HMAC<Insecure.MD5>.authenticationCode(for: longer, using: second))
            turn += 1
        }
        return (0..<count).map { (first + $0 * step) % bits }
    }
}
