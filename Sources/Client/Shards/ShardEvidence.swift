import Attestation
import Bytes
import Crypto
public import Tasks

/// What the evidence of a shard says, and who may ask for it.
///
/// In the place of a task it names the coordinator's key: a shard that was started for another coordinator is another service.
public enum ShardEvidence {
    /// The first message on a connection asks for evidence, with 32 bytes of the coordinator's choice. It is none of `ShardMessage`.
    static let ask: UInt8 = 0x45
    static let nonceBytes = 32

    /// What stands in the place of a task's bytes.
    public static func purpose(of coordinator: PartyKey) -> [UInt8] {
        let digest = Hex.encode(SHA256.hash(data: coordinator.subjectPublicKeyInfo))
        return Array("entrepot shard 1\ncoordinator \(digest)\n".utf8)
    }

    /// The statement of one connection.
    static func statement(
        for coordinator: PartyKey, boot: [UInt8], started: UInt64, binding: [UInt8], manifest: [UInt8],
        isSimulated: Bool
    ) throws(EvidenceError) -> Statement {
        var flags: Statement.Flags = isSimulated ? .simulated : []
        #if DEBUG
            flags.insert(.debugBuild)
        #endif
        let none = [UInt8](repeating: 0, count: 32)
        return try Statement(
            flags: flags, taskDigest: Array(SHA256.hash(data: purpose(of: coordinator))), bootID: boot,
            ledgerHead: none,
            ledgerSequence: 0, bootTime: started, channelBinding: binding, buildManifestDigest: manifest)
    }

    static func random() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<nonceBytes).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }
}
