import Foundation

/// What other programs say of texts, records and filters: written by `vectors.py`.
struct LinkageVectors: Decodable {
    struct Encoded: Decodable {
        let filters: [String]
    }
    struct Dice: Decodable {
        let filters: [String]
        let pairs: [[Double]]
    }
    let secret: String
    let records: [[String]]
    let clks: [Encoded]
    let dice: Dice

    static func file() throws -> Data {
        try Data(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
                "vectors.json"))
    }

    static func read() throws -> LinkageVectors { try JSONDecoder().decode(LinkageVectors.self, from: try file()) }

    private static func object() throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: try file()) as? [String: Any] ?? [:]
    }

    /// Two texts each, their similarity and their distance.
    static func texts() throws -> [(first: String, second: String, similarity: Double, distance: Int)] {
        (try object()["texts"] as? [[Any]] ?? []).compactMap { line in
            guard line.count == 4, let first = line[0] as? String, let second = line[1] as? String,
                let similarity = line[2] as? NSNumber, let distance = line[3] as? NSNumber
            else { return nil }
            return (first, second, similarity.doubleValue, distance.intValue)
        }
    }

    /// The schemas as JSON.
    static func schemas() throws -> [[UInt8]] {
        try (try object()["clks"] as? [[String: Any]] ?? []).map {
            Array(try JSONSerialization.data(withJSONObject: $0["schema"] ?? [:]))
        }
    }
}
