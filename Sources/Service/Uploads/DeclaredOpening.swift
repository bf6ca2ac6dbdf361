import HTTPTypes
import Ledger

/// What the owner of a table says beside it of how it is to be committed to.
///
/// The random bytes of another party are not refused: the service could refuse them only by telling the caller that they
/// are in use. They harm nobody but whoever shares them, because a party can open its own entries alone.
struct DeclaredOpening: Sendable, Equatable {
    static let openingHeader = "Entrepot-Opening"
    static let commitmentHeader = "Entrepot-Commitment"

    /// nil where the caller leaves it to the service to draw them.
    let blinding: Blinding?
    /// What the caller expects in the ledger, hexadecimal.
    let commitment: String?

    /// - Throws: 422 for a header that cannot be read, or random bytes that are none.
    init(_ headers: HTTPFields) throws(Problem) {
        blinding = try DeclaredOpening.value(DeclaredOpening.openingHeader, in: headers) { Blinding(hex: $0) }
        commitment = try DeclaredOpening.value(DeclaredOpening.commitmentHeader, in: headers) { text in
            LedgerHash(hex: text.lowercased())?.hex
        }
    }

    private static func value<Value>(
        _ header: String, in headers: HTTPFields, _ read: (String) -> Value?
    ) throws(Problem) -> Value? {
        guard let name = HTTPField.Name(header), let text = headers[name] else { return nil }
        guard let value = read(text) else {
            throw Problem.argument(
                ["header", header], "value is not 64 hexadecimal digits of 32 random bytes", "value_error.opening",
                hint: "Draw 32 random bytes for each file (openssl rand -hex 32), or leave the header away: then the "
                    + "service draws them and its answer hands them to you.")
        }
        return value
    }

    /// - Throws: 409 where the table that came is not the one that the caller committed to.
    func check(_ opening: UploadOpening) throws(Problem) {
        guard let commitment, commitment != opening.commitment.hex else { return }
        throw Problem(
            .conflict, code: "hash_mismatch", detail: "The table that came is not the one of the declared commitment.",
            hint: "Nothing was kept. Commit to the file's own bytes, with the random bytes of Entrepot-Opening.",
            audience: .owner)
    }
}
