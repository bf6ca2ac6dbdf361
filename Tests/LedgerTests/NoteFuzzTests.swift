import Foundation
import Testing
import VectorMath

@testable import Ledger

/// Seeded random changes of what a client reads of a ledger. `ENTREPOT_FUZZ` sets how many are tried.
@Suite("Random notes and entries")
struct NoteFuzzTests {
    private static let count =
        ProcessInfo.processInfo.environment["ENTREPOT_FUZZ"].flatMap { Int($0) } ?? 20_000

    @Test("no changed checkpoint is believed, and no changed entry reads as the same one")
    func mutations() throws {
        let ledger = try Ledger.inMemory()
        try ledger.append(.specification, task: someTask, time: 1)
        try ledger.append(
            .upload, task: someTask, party: "SHA256:é\"\\\n", details: ["commitment": someTask.hex], time: 2)
        try ledger.reserveSome()
        let signer = try #require(NoteSigner(name: "a/b", seed: [UInt8](repeating: 1, count: 32)))
        let checkpoint = try ledger.checkpoint(origin: "a/b")
        let note = Array(try signer.sign(checkpoint).encoded.utf8)
        let entries = try ledger.entries()
        var random = SplitMix64(state: 23)
        for round in 0..<Self.count {
            let entry = entries[round % entries.count]
            let isNote = round % 2 == 0
            var bytes = isNote ? note : entry.canonicalBytes
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = .random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(.random(in: 0x20...0x7E, using: &random), at: place)
                }
            }
            if isNote, let read = SignedNote(encoded: String(decoding: bytes, as: UTF8.self)) {
                let believed = signer.verifier.checkpoint(of: read)
                #expect(believed == nil || believed == checkpoint, "round \(round)")
            } else if !isNote, let read = LedgerEntry(canonicalBytes: bytes) {
                #expect(read.canonicalBytes == bytes && (read == entry) == (bytes == entry.canonicalBytes))
            }
        }
    }
}
