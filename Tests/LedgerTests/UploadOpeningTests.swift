import Crypto
import Foundation
import Testing

@testable import Ledger

@Suite("Commitments to files")
struct UploadOpeningTests {
    @Test("a commitment is SHA-256 of label, random bytes and the file's digest, as Python computes it")
    func knownAnswer() throws {
        let blinding = try #require(Blinding(bytes: Array(0..<32)))
        let file = LedgerHash(of: Array("id,value\n1,2\n".utf8))
        #expect(file.hex == "c15097c46e6dbfe67d8106c18b850ff4312898c146771669ae50324f910ed93c")
        #expect(
            UploadOpening(blinding: blinding, file: file).commitment.hex
                == "2de4cc247522602804a86f289db9b9803eac687c9a4bcd353e10ebcb31524d53")
    }

    @Test("one file has as many commitments as it is uploaded, and one opening has one commitment")
    func hiding() throws {
        let file = LedgerHash(of: [1])
        let openings = (0..<200).map { _ in UploadOpening(blinding: .random(), file: file) }
        #expect(Set(openings.map(\.commitment)).count == 200)
        let other = UploadOpening(blinding: openings[0].blinding, file: LedgerHash(of: [2]))
        #expect(other.commitment != openings[0].commitment && openings[0].commitment != file)
    }

    @Test(
        "what is not 32 random bytes is refused",
        arguments: [
            "", "00", String(repeating: "0", count: 64), String(repeating: "ab", count: 32),
            String(repeating: "0", count: 62) + "1", String(repeating: "0", count: 65) + "1",
            String(repeating: "0", count: 63) + "g", " " + String(repeating: "0", count: 62) + "1",
        ])
    func malformed(_ text: String) { #expect(Blinding(hex: text) == nil) }

    @Test("digits are read in either case and written in lower case")
    func hex() throws {
        let blinding = Blinding.random()
        #expect(Blinding(hex: blinding.hex.uppercased()) == blinding)
        #expect(blinding.hex == blinding.hex.lowercased() && blinding.hex.count == 64)
    }

    @Test("an opening's file is for its owner alone, comes back as it was, and no digit of it can be changed")
    func file() throws {
        let folder = NSTemporaryDirectory() + "opening-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let kept = OpeningFile(UploadOpening(blinding: .random(), file: LedgerHash(of: [7])), name: "cars.csv")
        let path = folder + "/0004-upload.opening"
        for _ in 0..<2 { try kept.write(to: path) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["0004-upload.opening"])
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let bytes = Array(try #require(FileManager.default.contents(atPath: path)))
        #expect(try OpeningFile(json: bytes) == kept)
        let text = String(decoding: bytes, as: UTF8.self)
        for hash in [kept.opening.blinding.hex, kept.opening.file.hex, kept.opening.commitment.hex] {
            let changed = text.replacingOccurrences(
                of: hash, with: (hash.hasPrefix("0") ? "1" : "0") + hash.dropFirst())
            #expect(throws: OpeningFile.Failure.otherCommitment) { try OpeningFile(json: Array(changed.utf8)) }
        }
        for bad in ["", "{}", "[]", text.replacingOccurrences(of: "\" : 1", with: "\" : 2"), "\u{FEFF}x"] {
            #expect(throws: OpeningFile.Failure.unreadable) { try OpeningFile(json: Array(bad.utf8)) }
        }
        #expect(throws: OpeningFile.Failure.self) { try kept.write(to: folder + "/absent/x.opening") }
    }
}
