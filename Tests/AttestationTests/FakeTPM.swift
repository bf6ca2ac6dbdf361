import Crypto
import Foundation
import SwiftASN1
import Synchronization
import X509

@testable import Attestation

/// A TPM in memory, as far as an attester talks to one: registers, one key, quotes. A test may change what it says.
final class FakeTPM: TPMDevice {
    struct State {
        var registers: [Int: [UInt8]] = [:]
        var commands: [UInt32] = []
        /// Non-volatile memory by index.
        var memory: [UInt32: [UInt8]] = [:]
        var magic: UInt32 = 0xFF54_4347
        var type: UInt16 = 0x8018
        var bank: UInt16 = 0x000B
        /// What is quoted beside what was asked.
        var alsoSelected: [Int] = []
        /// How many quotes come after another program has changed a register.
        var races = 0
    }

    let key: P256.Signing.PrivateKey
    let state = Mutex(State())

    init(key: P256.Signing.PrivateKey = .init(), registers: [Int: [UInt8]] = [:]) {
        self.key = key
        state.withLock { $0.registers = registers }
    }

    static func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        stride(from: T.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> T($0)) }
    }

    static func sized(_ bytes: [UInt8]) -> [UInt8] { big(UInt16(bytes.count)) + bytes }

    func exchange(_ command: [UInt8]) throws(AttesterError) -> [UInt8] {
        do {
            return try answer(command)
        } catch {
            throw .tpmAnswer
        }
    }

    private func answer(_ command: [UInt8]) throws -> [UInt8] {
        var reader = TPMReader(command)
        let hasSession = try reader.integer(2) == 0x8002
        guard try reader.integer(4) == UInt64(command.count) else { throw AttesterError.tpmAnswer }
        let code = UInt32(try reader.integer(4))
        state.withLock { $0.commands.append(code) }
        switch code {
        case 0x131:
            let parameters = FakeTPM.sized([1, 2, 3])
            return reply(
                handle: FakeTPM.big(UInt32(0x8000_0001)), FakeTPM.big(UInt32(parameters.count)) + parameters,
                hasSession)
        case 0x182:
            let register = Int(try reader.integer(4))
            _ = try reader.take(13 + 4 + 2)
            let digest = try reader.take(32)
            state.withLock {
                $0.registers[register] = TPMRegister.extended($0.registers[register] ?? TPMRegister.zero, with: digest)
            }
            return reply(FakeTPM.big(UInt32(0)), hasSession)
        case 0x17E:
            let selection = try reader.take(10)
            let indices = FakeTPM.indices(Array(selection[7...]))
            let values = state.withLock { state in indices.map { state.registers[$0] ?? TPMRegister.zero } }
            return reply(
                FakeTPM.big(UInt32(9)) + selection + FakeTPM.big(UInt32(values.count)) + values.flatMap(FakeTPM.sized),
                hasSession)
        case 0x158:
            _ = try reader.take(4 + 13)
            let data = try reader.sized(limit: 66)
            _ = try reader.take(2 + 4 + 2 + 1)
            let map = try reader.take(3)
            let quote = try quote(data: data, indices: FakeTPM.indices(map))
            let parameters = FakeTPM.sized(quote.attest) + quote.signature
            return reply(FakeTPM.big(UInt32(parameters.count)) + parameters, hasSession)
        case 0x169:
            let index = UInt32(try reader.integer(4))
            guard let bytes = state.withLock({ $0.memory[index] }) else { return FakeTPM.refusal }
            let head = FakeTPM.big(index) + FakeTPM.big(UInt16(0x000B)) + FakeTPM.big(UInt32(0))
            let described = head + FakeTPM.sized([]) + FakeTPM.big(UInt16(bytes.count))
            return reply(FakeTPM.sized(described) + FakeTPM.sized([0, 0xB]), hasSession)
        case 0x14E:
            _ = try reader.take(4)
            let index = UInt32(try reader.integer(4))
            _ = try reader.take(13)
            let (count, offset) = (Int(try reader.integer(2)), Int(try reader.integer(2)))
            guard let bytes = state.withLock({ $0.memory[index] }) else { return FakeTPM.refusal }
            let block = FakeTPM.sized(Array(bytes[offset..<offset + count]))
            return reply(FakeTPM.big(UInt32(block.count)) + block, hasSession)
        default: return FakeTPM.refusal
        }
    }

    /// What a TPM says to a command that it does not know.
    private static let refusal = big(UInt16(0x8001)) + big(UInt32(10)) + big(UInt32(0x143))

    private func reply(handle: [UInt8] = [], _ body: [UInt8], _ hasSession: Bool) -> [UInt8] {
        let rest = handle + body + (hasSession ? [0, 0, 1, 0, 0] : [])
        return FakeTPM.big(UInt16(hasSession ? 0x8002 : 0x8001)) + FakeTPM.big(UInt32(10 + rest.count))
            + FakeTPM.big(UInt32(0)) + rest
    }

    static func indices(_ map: [UInt8]) -> [Int] {
        (0..<map.count * 8).filter { map[$0 / 8] & 1 << UInt8($0 % 8) != 0 }
    }

    static func map(_ indices: [Int]) -> [UInt8] {
        indices.reduce(into: [UInt8](repeating: 0, count: 3)) { $0[$1 / 8] |= 1 << UInt8($1 % 8) }
    }

    /// TPMS_ATTEST and TPMT_SIGNATURE.
    func quote(data: [UInt8], indices: [Int]) throws -> (attest: [UInt8], signature: [UInt8]) {
        let (attest, _) = state.withLock { state -> ([UInt8], Int) in
            if state.races > 0 {
                state.races -= 1
                state.registers[15] = TPMRegister.extended(state.registers[15] ?? TPMRegister.zero, with: [1])
            }
            let chosen = (indices + state.alsoSelected).sorted()
            let values = chosen.flatMap { state.registers[$0] ?? TPMRegister.zero }
            let head = FakeTPM.big(state.magic) + FakeTPM.big(state.type) + FakeTPM.sized([0, 0xB, 1, 2, 3])
            let clock =
                FakeTPM.big(UInt64(1)) + FakeTPM.big(UInt32(2)) + FakeTPM.big(UInt32(3)) + [1] + FakeTPM.big(UInt64(4))
            let select = FakeTPM.big(UInt32(1)) + FakeTPM.big(state.bank) + [3] + FakeTPM.map(chosen)
            return (head + FakeTPM.sized(data) + clock + select + FakeTPM.sized(Array(SHA256.hash(data: values))), 0)
        }
        let raw = Array(try key.signature(for: SHA256.hash(data: attest)).rawRepresentation)
        let signature =
            FakeTPM.big(UInt16(0x0018)) + FakeTPM.big(UInt16(0x000B)) + FakeTPM.sized(Array(raw[0..<32]))
            + FakeTPM.sized(Array(raw[32...]))
        return (attest, signature)
    }
}

/// Whoever certifies keys of TPMs, in a test.
struct TPMAuthority {
    let key = P256.Signing.PrivateKey()
    let name: DistinguishedName
    let root: [UInt8]
    static let time: Int64 = 1_795_248_000

    init(_ name: String = "a maker of TPMs", time: Int64 = TPMAuthority.time) throws {
        self.name = try DistinguishedName { CommonName(name) }
        root = try TPMAuthority.certificate(
            self.name, key.publicKey, isAuthority: true, purpose: nil, issuer: self.name, issuerKey: key,
            time: time)
    }

    /// An attestation key's certificate: DER.
    func leaf(
        _ key: P256.Signing.PublicKey, purpose: ASN1ObjectIdentifier? = [2, 23, 133, 8, 3],
        time: Int64 = TPMAuthority.time
    ) throws -> [UInt8] {
        try TPMAuthority.certificate(
            DistinguishedName { CommonName("a key") }, key, isAuthority: false, purpose: purpose, issuer: name,
            issuerKey: self.key, time: time)
    }

    static func certificate(
        _ subject: DistinguishedName, _ key: P256.Signing.PublicKey, isAuthority: Bool, purpose: ASN1ObjectIdentifier?,
        issuer: DistinguishedName, issuerKey: P256.Signing.PrivateKey, time: Int64 = TPMAuthority.time
    ) throws -> [UInt8] {
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key),
            notValidBefore: Date(timeIntervalSince1970: TimeInterval(time - 60)),
            notValidAfter: Date(timeIntervalSince1970: TimeInterval(time + 86_400)), issuer: issuer, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                if isAuthority {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(keyCertSign: true))
                } else {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                }
                if let purpose { try ExtendedKeyUsage([.init(oid: purpose)]) }
            },
            issuerPrivateKey: .init(issuerKey))
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        return serializer.serializedBytes
    }
}
