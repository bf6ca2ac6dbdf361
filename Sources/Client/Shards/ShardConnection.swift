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

    /// How long a shard may take to count.
    private static let patience = 3_600

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
            let nonce = ShardEvidence.random()
            let answer = try exchange(
                stream, ShardEvidence.ask, nonce, longest: Evidence.byteLimit, patience: 120)
            guard let spki = stream.peer.publicKeyInfo, let exporter = stream.peer.exporter else {
                throw ClientError.noBinding
            }
            try verify(
                answer, trust.at(nil, now: Int64(Date().timeIntervalSince1970)),
                Policy.Expectation(
                    nonce: nonce, spki: spki, exporter: exporter,
                    taskSpecification: ShardEvidence.purpose(of: key.publicKey)))
            return ShardConnection(address, stream)
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
        _ json: [UInt8], _ trust: TrustPolicy, _ expected: Policy.Expectation
    ) throws(ClientError) {
        let evidence: VerifiedEvidence
        do { evidence = try EvidenceVerifier(trust, now: trust.now).verify(Evidence(json: json)) } catch {
            throw .evidence(error)
        }
        let refusals = Policy(trust, expected: expected).evaluate(evidence)
        guard refusals.isEmpty else { throw .refused(refusals) }
    }

    public func exchange(_ kind: UInt8, _ payload: [UInt8], longest: Int) throws(ShardError) -> [UInt8] {
        do {
            return try Self.exchange(stream, kind, payload, longest: longest, patience: Self.patience)
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
