import Attestation
import Ledger
import Synchronization
import Tasks

/// Signs the checkpoints of one boot, with a key that lives in memory and that evidence vouches for.
final class LedgerSigner: Sendable {
    /// Which log it is: the same after a restart, whatever key signs.
    let origin: String
    private let signer: NoteSigner
    private let made = Mutex<Evidence?>(nil)

    init(task: TaskDigest) throws {
        origin = "entrepot/ledger/\(task.hex)"
        var generator = SystemRandomNumberGenerator()
        let seed = (0..<32).map { _ in UInt8.random(in: 0...255, using: &generator) }
        guard let signer = NoteSigner(name: origin, seed: seed) else {
            throw ServiceError.ledger("no key can be made to sign checkpoints")
        }
        self.signer = signer
    }

    /// The public half, as C2SP writes verifier keys.
    var verifier: NoteVerifier { signer.verifier }

    /// A checkpoint under this boot's signature.
    func sign(_ checkpoint: Checkpoint) throws -> String { try signer.sign(checkpoint).encoded }

    /// The service's statement about samples, signed by this boot's key.
    func sign(_ statement: SampleStatement) throws -> String { try signer.sign(statement.text).encoded }

    /// Evidence for the key. It is made once, because it does not depend on the caller.
    func evidence(by issuer: EvidenceIssuer, task: [UInt8], boot: Boot, head: LedgerHead) async throws -> Evidence {
        if let evidence = made.withLock({ $0 }) { return evidence }
        let evidence = try await issuer.evidence(
            for: LedgerKey(publicKey: verifier.publicKey), task: task, boot: boot, head: head)
        return made.withLock { held in
            if let held { return held }
            held = evidence
            return evidence
        }
    }
}
