import Bytes
import Foundation

/// The body of a confirmation. Every member is optional; an empty body confirms the table that is held.
struct Confirmation: Sendable, Equatable {
    /// Digest of the task that is meant, hexadecimal.
    var taskDigest: String?
    /// SHA-256 of the file that is meant, hexadecimal.
    var fileDigest: String?
    /// Commitment to that file, hexadecimal: for who does not have the file at hand.
    var commitment: String?
    /// Boot id that the client verified, hexadecimal.
    var boot: String?

    init(_ body: [UInt8]) throws(Problem) {
        guard !body.isEmpty else { return }
        guard JSONForm.isPlain(body),
            let members = (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any]
        else {
            throw Problem.argument(
                ["body"], "value is not a valid dict", "type_error.dict",
                hint: "Send a JSON object with spec_hash, file_sha256, commitment and boot, or no body.")
        }
        taskDigest = try Confirmation.text("spec_hash", of: members)
        fileDigest = try Confirmation.text("file_sha256", of: members)
        commitment = try Confirmation.text("commitment", of: members)
        boot = try Confirmation.text("boot", of: members)
    }

    private static func text(_ name: String, of members: [String: Any]) throws(Problem) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value as? String else {
            throw Problem.argument(
                ["body", name], "str type expected", "type_error.str", hint: "Give \(name) as text.")
        }
        return text.lowercased()
    }
}
