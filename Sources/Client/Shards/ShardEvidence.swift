import Bytes
import Crypto
public import Tasks

/// What the evidence of a shard says, and who may ask for it.
///
/// In the place of a task it names whom the shard was started for: the coordinator's key, or a task whose service sends rows. A shard
/// that was started for another one is another service. No service's evidence is a shard's, or the other way round.
public enum ShardEvidence {
    /// The first message on a connection asks for evidence, with 32 bytes of the coordinator's choice. It is none of `ShardMessage`.
    static let ask: UInt8 = 0x45
    /// The same of the service of a task: the answer is 32 bytes of the shard's choice.
    static let meet: UInt8 = 0x4D
    /// Then comes the service's own evidence, over these bytes. The answer is the shard's, after a byte that says so.
    static let show: UInt8 = 0x53
    /// How long a shard says why it refuses.
    static let longestRefusal = 1 << 12

    /// What stands in the place of a task's bytes.
    public static func purpose(of coordinator: PartyKey) -> [UInt8] {
        let digest = Hex.encode(SHA256.hash(data: coordinator.subjectPublicKeyInfo))
        return Array("entrepot shard 1\ncoordinator \(digest)\n".utf8)
    }

    /// What stands in the place of a task's bytes in the evidence of a shard of a task's service.
    public static func purpose(of task: TaskDigest) -> [UInt8] { Array("entrepot shard 1\ntask \(task.hex)\n".utf8) }
}
