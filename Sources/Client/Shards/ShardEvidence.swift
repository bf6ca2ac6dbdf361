public import Attestation
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

extension TaskSpecification.Shards {
    /// What service and shards accept of each other: the signed task says it, and whoever runs them cannot make it less.
    ///
    /// A debug build is accepted where the task agrees on a simulation, which protects nothing from its host either way.
    ///
    /// - Parameters:
    ///   - ofCoordinator: what a shard asks of the service; otherwise what the service asks of a shard.
    ///   - simulatedRoots: DER of roots that make simulated evidence here; used where the task agrees on it.
    public func trust(ofCoordinator: Bool, simulatedRoots: [[UInt8]]) -> TrustPolicy {
        let isSimulated = format == EvidenceFormat.simulated.rawValue
        let registers = ofCoordinator ? coordinator ?? measurements : measurements
        let release = ReleaseManifest.Release(version: "of the task", measurements: [format: registers])
        return TrustPolicy(
            now: 0,
            roots: (isSimulated ? simulatedRoots : []).reduce(.vendors) { $0.trustingSimulated(root: $1) },
            allowed: ReleaseManifest(releases: [release]), allowDebug: isSimulated)
    }
}
