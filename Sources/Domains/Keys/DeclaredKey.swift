import Bytes

/// Any key of a declared object, to find unknown ones.
struct DeclaredKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

extension Decoder {
    /// Refuses an object with a key that is not known, since a misspelt key would silently change the domain.
    func refuseUnknownKeys(in object: String, known: [String]) throws {
        let container = try container(keyedBy: DeclaredKey.self)
        for key in container.allKeys where !known.contains(key.stringValue) {
            let near = NearestWord.to(key.stringValue, among: known).map { " Did you mean \"\($0)\"?" } ?? ""
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: codingPath,
                    debugDescription: "unknown key \"\(key.stringValue)\" in \(object).\(near) Known keys: "
                        + known.joined(separator: ", ")))
        }
    }
}

/// A scalar that a schema lists, read as text whether it was written as text, number or truth value.
struct DeclaredText: Codable {
    var text: String

    init(_ text: String) { self.text = text }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self.text = text
        } else if let truth = try? container.decode(Bool.self) {
            self.text = truth ? "true" : "false"
        } else if let integer = try? container.decode(Int64.self) {
            self.text = String(integer)
        } else {
            self.text = try container.decode(Double.self).description
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// One listed value, bare or as Frictionless' `{"value": …, "label": …}`.
struct DeclaredCategory: Codable {
    var value: String
    var label: String?

    private enum Key: String, CodingKey, CaseIterable { case value, label }

    init(value: String, label: String?) {
        self.value = value
        self.label = label
    }

    init(from decoder: any Decoder) throws {
        if let text = try? DeclaredText(from: decoder) {
            self.init(value: text.text, label: nil)
            return
        }
        try decoder.refuseUnknownKeys(in: "a listed value", known: Key.allCases.map(\.rawValue))
        let container = try decoder.container(keyedBy: Key.self)
        self.init(
            value: try container.decode(DeclaredText.self, forKey: .value).text,
            label: try container.decodeIfPresent(DeclaredText.self, forKey: .label)?.text)
    }

    func encode(to encoder: any Encoder) throws {
        guard let label else { return try DeclaredText(value).encode(to: encoder) }
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(value, forKey: .value)
        try container.encode(label, forKey: .label)
    }
}

extension KeyedDecodingContainer {
    /// A list of scalars as texts; a single scalar counts as a list of one.
    func decodeTexts(forKey key: Key) throws -> [String]? {
        guard contains(key), try !decodeNil(forKey: key) else { return nil }
        if let one = try? decode(DeclaredText.self, forKey: key) { return [one.text] }
        return try decode([DeclaredCategory].self, forKey: key).map(\.value)
    }
}
