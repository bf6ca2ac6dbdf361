public import Attestation
import Foundation
import NIOCore
import NIOPosix
public import Shards
public import Tasks

/// A coordinator's connection to one shard, whose evidence was verified for this very connection before a row is sent.
public final class ShardConnection: ShardLink {
    /// Where the shard is.
    public let address: ServiceAddress
    private let stream: ShardStream

    /// How long a shard may take to count, or to put the rows of a table in order.
    private static let patience = 3_600
    /// How long it may take for what costs it nothing.
    private static let shortPatience = 60

    private init(_ address: ServiceAddress, _ stream: ShardStream) {
        (self.address, self.stream) = (address, stream)
    }

    /// Connects and verifies. Blocks the calling thread.
    ///
    /// - Parameters:
    ///   - key: the coordinator's; the shard was started with its public half.
    ///   - trust: the shard's measurements and roots. Its moment is set anew.
    /// - Throws: `ShardError.unreached` where nobody answers, `unverified` where a connection ends too early, `ShardDistrust` where
    ///   the evidence is refused.
    public static func open(
        _ address: ServiceAddress, key: PartyPrivateKey, trust: TrustPolicy
    ) throws -> ShardConnection {
        try open(address, key: key) { stream in
            let nonce = ConnectionEvidence.random()
            let answer = try exchange(
                stream, ShardEvidence.ask, nonce, longest: Evidence.byteLimit, patience: 120)
            try verify(
                answer, of: stream, nonce: nonce, trust, purpose: ShardEvidence.purpose(of: key.publicKey))
        }
    }

    /// What shows evidence of this program: for a key, bytes of the other end's choice, and what binds it to the connection.
    public typealias Vouch =
        @Sendable (_ spki: [UInt8], _ nonce: [UInt8], _ binding: [UInt8]) async throws -> Evidence

    /// Connects as the service of a task: shows its own evidence, which the shard asks for, and verifies the shard's. Blocks the
    /// calling thread.
    ///
    /// - Parameters:
    ///   - task: lists the shards, and what they must run.
    ///   - simulatedRoots: DER of roots that make simulated evidence here.
    ///   - vouch: makes evidence of this service, for this very connection.
    /// - Throws: `ShardError`.
    public static func open(
        _ address: ServiceAddress, for task: TaskSpecification, simulatedRoots: [[UInt8]], vouch: @escaping Vouch
    ) throws -> ShardConnection {
        guard let proof = task.proofOfShards else { throw ShardError.notCounted("A task that lists no shards") }
        // Of this connection alone: evidence vouches for it.
        let key = try PartyPrivateKey.generate(.p256)
        let name = address.description
        do {
            return try open(address, key: key) { stream in
                let nonce = ConnectionEvidence.random()
                let asked = try exchange(
                    stream, ShardEvidence.meet, nonce, longest: ConnectionEvidence.nonceBytes, patience: 60)
                guard asked.count == ConnectionEvidence.nonceBytes, let exporter = stream.peer.exporter else {
                    throw ClientError.noBinding
                }
                let spki = key.publicKey.subjectPublicKeyInfo
                let binding = ChannelBinding.binding(exporter: exporter, nonce: asked, spki: spki)
                let own = try Waiting.wait { try await vouch(spki, asked, binding) }
                let answer = try exchange(
                    stream, ShardEvidence.show, own.json(), longest: 1 + Evidence.byteLimit, patience: 120)
                guard answer.first == 0 else {
                    let words = String(decoding: answer.dropFirst().prefix(ShardEvidence.longestRefusal), as: UTF8.self)
                    throw ShardError.untrusted(shard: name, why: "It takes no rows from this service: \(words)")
                }
                try verify(
                    Array(answer.dropFirst()), of: stream, nonce: nonce,
                    proof.trust(simulatedRoots: simulatedRoots),
                    purpose: ShardEvidence.purpose(of: task.digest))
            }
        } catch let distrust as ShardDistrust {
            throw ShardError.untrusted(shard: name, why: "\(distrust.error)")
        }
    }

    /// - Parameter verify: asks for evidence and throws what is wrong with it.
    private static func open(
        _ address: ServiceAddress, key: PartyPrivateKey, verify: (ShardStream) throws -> Void
    ) throws -> ShardConnection {
        let stream = ShardStream()
        let name = address.description
        do {
            let certificate = try ClientCertificate(key)
            _ = try ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(20))
                .channelInitializer { channel in
                    stream.prepare(channel, isServer: false, certificate: certificate) { _ in true }
                }
                .connect(host: address.host, port: address.port).wait()
            try stream.waitUntilReady()
            try verify(stream)
            return ShardConnection(address, stream)
        } catch let error as ShardError {
            stream.close()
            throw error
        } catch let error as ClientError {
            stream.close()
            guard case .brokenConnection = error else { throw ShardDistrust(shard: name, error: error) }
            throw ShardError.unverified(shard: name)
        } catch {
            stream.close()
            throw ShardError.unreached(shard: name, why: NetworkWords.of(error))
        }
    }

    private static func verify(
        _ json: [UInt8], of stream: ShardStream, nonce: [UInt8], _ trust: TrustPolicy, purpose: [UInt8]
    ) throws(ClientError) {
        guard let spki = stream.peer.publicKeyInfo, let exporter = stream.peer.exporter else {
            throw ClientError.noBinding
        }
        _ = try ConnectionEvidence.verify(
            json, trust.at(nil, now: Int64(Date().timeIntervalSince1970)),
            Policy.Expectation(nonce: nonce, spki: spki, exporter: exporter, taskSpecification: purpose))
    }

    public func exchange(_ kind: UInt8, _ payload: [UInt8], longest: Int) throws(ShardError) -> [UInt8] {
        do {
            let isShort = [ShardMessage.check, .drop, .end].contains { $0.rawValue == kind }
            return try Self.exchange(
                stream, kind, payload, longest: longest, patience: isShort ? Self.shortPatience : Self.patience)
        } catch let error as ClientError {
            close()
            if case .brokenConnection(let why) = error { throw .lost(shard: address.description, why: why) }
            throw .answer(shard: address.description, what: "\(error)")
        } catch {
            close()
            throw .lost(shard: address.description, why: "\(error)")
        }
    }

    private static func exchange(
        _ stream: ShardStream, _ kind: UInt8, _ payload: [UInt8], longest: Int, patience: Int
    ) throws -> [UInt8] {
        try stream.write([[kind], .length(payload.count), payload], patience: patience)
        let length = try stream.read(4, patience: patience).length
        guard length <= longest else {
            throw ClientError.badInput("it announces \(length) bytes where at most \(longest) can come")
        }
        return try stream.read(length, patience: patience)
    }

    public func close() { stream.close() }
}

/// The evidence of a shard is forged, or refused: no row was sent to it.
public struct ShardDistrust: Error, Sendable, Equatable, CustomStringConvertible {
    /// Where the shard is.
    public let shard: String
    /// What is wrong.
    public let error: ClientError

    /// As of every evidence.
    public var exitCode: Int32 { error.exitCode }
    /// What went wrong, with the shard that it is of.
    public var description: String { "The shard \(shard) is not trusted. \(error)" }
}
