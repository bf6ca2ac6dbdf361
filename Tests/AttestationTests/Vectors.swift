import Foundation
import Testing
import VectorMath

@testable import Attestation

/// The test vectors of `shared/data/attestation`, which are not in this repository.
enum Vectors {
    static let directory: URL? = {
        var candidates: [URL] = []
        if let data = ProcessInfo.processInfo.environment["ENTREPOT_DATA"] {
            candidates.append(URL(fileURLWithPath: data).appendingPathComponent("attestation"))
        }
        // The package's folder, then the folders above it: a worktree lies one deeper than a clone.
        var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        for _ in 0..<3 {
            folder.deleteLastPathComponent()
            candidates.append(folder.appendingPathComponent("shared/data/attestation"))
        }
        return candidates.first { FileManager.default.fileExists(atPath: $0.appendingPathComponent("README.md").path) }
    }()

    static var arePresent: Bool { directory != nil }
    static let absence: Comment = "attestation vectors are absent: set ENTREPOT_DATA to the folder that holds them"

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: #require(directory).appendingPathComponent(path)))
    }

    static func json<T: Decodable>(_ path: String, as _: T.Type = T.self) throws -> T {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(T.self, from: Data(bytes(path)))
    }
}

/// A line of `nitro/manifest.json`.
struct NitroCase: Decodable, CustomTestStringConvertible {
    let file: String
    let valid: Bool
    let moduleId: String
    let timestampMs: Int64
    let notBefore: Int64
    let notAfter: Int64
    let pcrCount: Int
    let pcrs: [String: String]
    let debug: Bool
    let publicKey: String?
    let userData: String?
    let nonce: String?

    var testDescription: String { file }
    static let all: [NitroCase] = (try? Vectors.json("nitro/manifest.json")) ?? []
}

/// A line of a `negatives.json`.
struct NegativeCase: Decodable, CustomTestStringConvertible {
    let file: String
    let root: String?
    let verifyAt: Double?
    let leaf: String?
    let chain: String?
    let expect: String
    let why: String

    var testDescription: String { "\(file): \(why)" }

    static func all(_ format: String) -> [NegativeCase] {
        (try? Vectors.json("\(format)/negative/negatives.json")) ?? []
    }
}
