import Bytes
import Testing

@testable import Attestation

@Suite("AWS Nitro documents", .enabled(if: Vectors.arePresent, Vectors.absence))
struct NitroVectorTests {
    func verify(_ bytes: [UInt8], at time: Int64, roots: TrustRoots = .vendors) throws -> VerifiedEvidence {
        try EvidenceVerifier(roots: roots, now: time).verify(document: bytes, format: .nitro)
    }

    @Test("the embedded root is AWS's")
    func embeddedRoot() throws {
        let root = try Vectors.bytes("nitro/aws_nitro_root_g1.der")
        #expect(TrustRoots.vendors.nitro == [root])
        #expect(try CertificateFile.certificates(Vectors.bytes("nitro/aws_nitro_root_g1.pem")) == [root])
        #expect(
            Hex.encode(try ChainCertificate(der: root).fingerprint)
                == "641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b")
    }

    @Test("a real document verifies at its own time and says what the manifest says", arguments: NitroCase.all)
    func authentic(_ expected: NitroCase) throws {
        let verified = try verify(
            Vectors.bytes("nitro/" + expected.file), at: expected.timestampMs / 1_000)
        #expect(verified.moduleID == expected.moduleId)
        #expect(verified.time == expected.timestampMs / 1_000)
        #expect(verified.measurements.count == expected.pcrCount)
        #expect(verified.isDebug == expected.debug)
        #expect(verified.publicKey.map(Hex.encode) == expected.publicKey)
        #expect(verified.userData.map(Hex.encode) == expected.userData)
        #expect(verified.nonce.map(Hex.encode) == expected.nonce)
        #expect(verified.chainValidity == .init(notBefore: expected.notBefore, notAfter: expected.notAfter))
        for measurement in verified.measurements {
            let index = String(measurement.name.dropFirst(3))
            #expect(expected.pcrs[index] ?? "" == (measurement.isZero ? "" : measurement.hexadecimal))
        }
        let instance = try #require(verified.moduleID.split(separator: "-enc").first)
        #expect(
            verified[measurement: "PCR4"] == Register.extended(Register.zero, with: Array(instance.utf8)),
            "PCR4 measures the parent instance's id")
    }

    @Test("a real document verifies to the second of its window and fails outside", arguments: NitroCase.all)
    func window(_ expected: NitroCase) throws {
        let bytes = try Vectors.bytes("nitro/" + expected.file)
        _ = try verify(bytes, at: expected.notBefore)
        _ = try verify(bytes, at: expected.notAfter)
        for time in [0, expected.notBefore - 1, expected.notAfter + 1, 1_793_491_200, .max] {
            #expect(throws: EvidenceError.self) { try verify(bytes, at: time) }
        }
    }

    @Test("each bad document gets the answer that its author expects", arguments: NegativeCase.all("nitro"))
    func negative(_ negative: NegativeCase) throws {
        let test = TrustRoots(nitro: [try Vectors.bytes("nitro/negative/test_root.der")])
        let bytes = try Vectors.bytes("nitro/negative/" + negative.file)
        let time = Int64(try #require(negative.verifyAt))
        let result = Result { try verify(bytes, at: time, roots: negative.root == "aws" ? .vendors : test) }
        // Written when 512 was the limit; real documents of 746 bytes have shown that AWS allows 1,024.
        let isLong = negative.file == "test_user_data_513.cbor"
        switch isLong ? "accept" : negative.expect {
        // (r, n − s) verifies as any ECDSA signature does: nothing here uses a document's bytes as its name.
        case "accept", "accept-or-reject":
            #expect(throws: Never.self) { try result.get() }
        case "policy-reject":
            #expect(!Policy(archived: TrustPolicy(now: 0, roots: .vendors)).evaluate(try result.get()).isEmpty)
        default:
            #expect(throws: EvidenceError.self) { try result.get() }
        }
    }

    @Test("an unknown field can be let through with a warning")
    func unknownField() throws {
        let roots = TrustRoots(nitro: [try Vectors.bytes("nitro/negative/test_root.der")])
        let verifier = EvidenceVerifier(roots: roots, now: 1_793_491_200, unknownFields: .warn)
        let verified = try verifier.verify(
            document: Vectors.bytes("nitro/negative/test_unknown_field.cbor"), format: .nitro)
        #expect(verified.warnings == [.unknownFields(1)])
    }

    @Test("no change of one bit of a document is accepted (1 in 16 of a real one)")
    func flippedBits() throws {
        let expected = try #require(NitroCase.all.first { $0.file.hasPrefix("veracruz") })
        let bytes = try Vectors.bytes("nitro/" + expected.file)
        let time = expected.timestampMs / 1_000
        for bit in stride(from: 5, to: bytes.count * 8, by: 16) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: EvidenceError.self, "bit \(bit)") { try verify(changed, at: time) }
        }
        // The head, which no signature covers, in full.
        for bit in 0..<(12 * 8) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: EvidenceError.self, "bit \(bit)") { try verify(changed, at: time) }
        }
    }
}
