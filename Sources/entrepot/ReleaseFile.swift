import Attestation
import EngineCommands

/// The list of releases that a user names with `--measurements`.
enum ReleaseFile {
    /// - Throws: ``CommandFailure`` with exit code 65 that names the file and where in it the mistake stands.
    static func read(_ path: String) throws -> ReleaseManifest {
        let bytes = try Files.bytes(at: path, limit: .releases)
        do {
            return try ReleaseManifest(json: bytes)
        } catch let error as DecodingError {
            throw CommandFailure("\(path) is no list of releases: \(words(error))", code: .badData)
        }
    }

    private static func words(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context): "\(place(context.codingPath))\(key.stringValue) is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "\(place(context.codingPath))it is of another type than it has to be"
        case .dataCorrupted(let context):
            // What the list itself found wrong is said in its words; the decoder's own are about Swift.
            context.underlyingError == nil && !context.debugDescription.contains("Cannot initialize")
                ? "\(place(context.codingPath))\(context.debugDescription)"
                : "\(place(context.codingPath))the value is none that it can have"
        @unknown default: "\(error)"
        }
    }

    private static func place(_ path: [any CodingKey]) -> String {
        let names = path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        return names.isEmpty ? "" : "\(names): "
    }
}
