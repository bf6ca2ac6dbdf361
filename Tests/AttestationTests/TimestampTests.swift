import Foundation
import Testing

@testable import Attestation

@Suite("Signed timestamps", .enabled(if: StampScene.isPossible, "openssl is not installed"))
struct TimestampTests {
    @Test("a timestamp by openssl is verified and gives its moment", arguments: ["rsa", "ecdsa"])
    func verified(_ kind: String) throws {
        let scene = try StampScene()
        let stamp = try Timestamp(der: scene.bytes("\(kind).tsr"))
        let time = try stamp.verify(of: scene.document, roots: scene.roots())
        #expect(abs(time - Int64(Date().timeIntervalSince1970)) < 600)
        #expect(throws: EvidenceError.timestampMismatch) {
            try stamp.verify(of: Array("another document".utf8), roots: scene.roots())
        }
        #expect(throws: EvidenceError.timestampRoot) { try stamp.verify(of: scene.document, roots: []) }
        let foreign = try TPMAuthority()
        #expect(throws: EvidenceError.timestampRoot) {
            try stamp.verify(of: scene.document, roots: [foreign.root])
        }
    }

    @Test("parts of a second are left out, and a stamp that cannot be verified says what it lacks")
    func kinds() throws {
        let scene = try StampScene()
        let roots = try scene.roots()
        let moment = try Timestamp(der: scene.bytes("parts.tsr")).verify(of: scene.document, roots: roots)
        #expect(abs(moment - Int64(Date().timeIntervalSince1970)) < 600)
        for (name, error) in [("bare.tsr", EvidenceError.timestampCertificate), ("sha1.tsr", .timestampDigest)] {
            #expect(throws: error, "\(name)") {
                try Timestamp(der: scene.bytes(name)).verify(of: scene.document, roots: roots)
            }
            #expect(error.hint.contains("-sha256 -cert"))
        }
        // A file of any length, piece by piece.
        var pieces = scene.document.map { [$0] }[...]
        let stamp = try Timestamp(der: scene.bytes("ecdsa.tsr"))
        #expect(try stamp.verify(roots: roots) { pieces.popFirst() } == stamp.time)
    }

    @Test("no changed bit gives another moment (1 in 3)")
    func flippedBits() throws {
        let scene = try StampScene()
        let bytes = try scene.bytes("ecdsa.tsr")
        let roots = try scene.roots()
        let time = try Timestamp(der: bytes).verify(of: scene.document, roots: roots)
        for bit in stride(from: 0, to: bytes.count * 8, by: 3) {
            var changed = bytes
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            guard let stamp = try? Timestamp(der: changed) else { continue }
            if let other = try? stamp.verify(of: scene.document, roots: roots) { #expect(other == time, "bit \(bit)") }
        }
    }
}
