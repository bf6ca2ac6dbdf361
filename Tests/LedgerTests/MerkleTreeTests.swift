import Testing

@testable import Ledger

@Suite("Merkle tree of RFC 6962")
struct MerkleTreeTests {
    /// The eight leaves of the Certificate Transparency reference implementation
    /// (google/certificate-transparency, `merkle_tree_test.cc`; the same in transparency-dev/merkle).
    static let entries: [[UInt8]] = [
        [], [0x00], [0x10], [0x20, 0x21], [0x30, 0x31], [0x40, 0x41, 0x42, 0x43],
        [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
        [0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
    ]
    static let leaves = entries.map { MerkleTree.leafHash(of: $0) }
    static let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ]

    @Test("the empty tree is SHA-256 of nothing")
    func empty() {
        #expect(
            MerkleTree.root(of: [LedgerHash]()).hex
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("roots equal those of the Certificate Transparency reference", arguments: 1...8)
    func roots(size: Int) {
        #expect(MerkleTree.root(of: Self.leaves.prefix(size)).hex == Self.roots[size - 1])
    }

    @Test("inclusion proofs equal those of the reference")
    func inclusionVectors() {
        // (1-based leaf, size) and path of merkle_tree_test.cc.
        let vectors: [(leaf: Int, size: Int, path: [String])] = [
            (1, 1, []),
            (
                1, 8,
                [
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ]
            ),
            (
                6, 8,
                [
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ]
            ),
            (3, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
            (
                2, 5,
                [
                    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ]
            ),
        ]
        for vector in vectors {
            let proof = MerkleTree.inclusionProof(
                index: vector.leaf - 1, leaves: Array(Self.leaves.prefix(vector.size)))
            #expect(proof?.map(\.hex) == vector.path)
        }
    }

    @Test("consistency proofs equal those of the reference")
    func consistencyVectors() {
        let vectors: [(old: Int, new: Int, path: [String])] = [
            (1, 1, []),
            (
                1, 8,
                [
                    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
                ]
            ),
            (
                6, 8,
                [
                    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                ]
            ),
            (
                2, 5,
                [
                    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                ]
            ),
        ]
        for vector in vectors {
            let proof = MerkleTree.consistencyProof(from: vector.old, leaves: Array(Self.leaves.prefix(vector.new)))
            #expect(proof?.map(\.hex) == vector.path)
        }
    }

    /// Leaves for sizes beyond the vectors.
    private static let many = (0..<70).map { MerkleTree.leafHash(of: [UInt8($0)]) }

    @Test("every leaf of every tree up to 70 leaves is proved, and no other leaf is")
    func inclusionOfAll() throws {
        for size in 1...70 {
            let leaves = Array(Self.many.prefix(size))
            let root = MerkleTree.root(of: leaves)
            for index in 0..<size {
                let proof = try #require(MerkleTree.inclusionProof(index: index, leaves: leaves))
                func verifies(_ leaf: LedgerHash, _ index: Int, _ proof: [LedgerHash]) -> Bool {
                    MerkleTree.verifyInclusion(
                        leaf: leaf, index: UInt64(index), size: UInt64(size), root: root, proof: proof)
                }
                #expect(verifies(leaves[index], index, proof))
                #expect(!verifies(.zero, index, proof))
                #expect(!verifies(leaves[index], index, proof + [.zero]))
                #expect(proof.isEmpty || !verifies(leaves[index], index, Array(proof.dropLast())))
                #expect(!verifies(leaves[index], size, proof))
                #expect(size == 1 || !verifies(leaves[index], (index + 1) % size, proof))
            }
        }
    }

    @Test("every earlier tree of every tree up to 40 leaves is proved, and no forked one is")
    func consistencyOfAll() throws {
        for new in 1...40 {
            let leaves = Array(Self.many.prefix(new))
            let newRoot = MerkleTree.root(of: leaves)
            for old in 1...new {
                let proof = try #require(MerkleTree.consistencyProof(from: old, leaves: leaves))
                func verifies(_ oldRoot: LedgerHash, _ newRoot: LedgerHash, _ proof: [LedgerHash]) -> Bool {
                    MerkleTree.verifyConsistency(
                        oldSize: UInt64(old), oldRoot: oldRoot, newSize: UInt64(new), newRoot: newRoot, proof: proof)
                }
                let oldRoot = MerkleTree.root(of: leaves.prefix(old))
                #expect(verifies(oldRoot, newRoot, proof))
                #expect(!verifies(oldRoot, .zero, proof))
                #expect(!verifies(.zero, newRoot, proof))
                #expect(!verifies(oldRoot, newRoot, proof + [.zero]))
                #expect(proof.isEmpty || !verifies(oldRoot, newRoot, Array(proof.dropFirst())))
            }
        }
    }
}

@Suite("Signed checkpoints")
struct CheckpointTests {
    @Test("a checkpoint is signed, read and verified, and one changed character breaks it")
    func roundTrip() throws {
        let ledger = try Ledger.inMemory()
        for time in 1...5 { try ledger.append(.upload, task: someTask, time: Int64(time)) }
        let signer = try #require(NoteSigner(name: "entrepot.example/1", seed: [UInt8](repeating: 7, count: 32)))
        let checkpoint = try ledger.checkpoint(origin: "entrepot.example/1")
        let note = try signer.sign(checkpoint)
        let read = try #require(SignedNote(encoded: note.encoded))
        #expect(read == note)
        let verifier = try #require(NoteVerifier(encoded: signer.verifier.encoded))
        #expect(verifier.checkpoint(of: read) == checkpoint)
        let forged = note.encoded.replacing("\n5\n", with: "\n6\n")
        #expect(verifier.checkpoint(of: try #require(SignedNote(encoded: forged))) == nil)
        let stranger = try #require(NoteSigner(name: "entrepot.example/1", seed: [UInt8](repeating: 8, count: 32)))
        #expect(stranger.verifier.checkpoint(of: read) == nil)
    }

    @Test("the verifier of the Go module's documentation reads its note (golang.org/x/mod/sumdb/note)")
    func publishedNote() throws {
        let key = try #require(
            NoteVerifier(encoded: "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"))
        let text = """
            If you think cryptography is the answer to your problem,
            then you don't know what your problem is.

            — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

            """
        let note = try #require(SignedNote(encoded: text))
        #expect(key.verifies(note))
    }

    @Test("proofs of a ledger hold against its checkpoints")
    func proofs() throws {
        let ledger = try Ledger.inMemory()
        var checkpoints: [Checkpoint] = []
        for time in 1...9 {
            try ledger.append(.upload, task: someTask, time: Int64(time))
            checkpoints.append(try ledger.checkpoint(origin: "o"))
        }
        let last = checkpoints[8]
        for old in checkpoints {
            #expect(
                MerkleTree.verifyConsistency(
                    oldSize: old.size, oldRoot: old.root, newSize: last.size, newRoot: last.root,
                    proof: try ledger.consistencyProof(from: old.size, to: last.size)))
        }
        for entry in try ledger.entries() {
            #expect(
                MerkleTree.verifyInclusion(
                    leaf: MerkleTree.leafHash(of: entry.canonicalBytes), index: entry.sequence - 1, size: 9,
                    root: last.root, proof: try ledger.inclusionProof(of: entry.sequence, size: 9)))
        }
        #expect(throws: LedgerError.self) { try ledger.inclusionProof(of: 10, size: 9) }
        #expect(throws: LedgerError.self) { try ledger.consistencyProof(from: 3, to: 10) }
    }

    @Test(
        "what is no checkpoint is not read",
        arguments: ["", "o\n5\n", "o\n05\nAAAA\n", "\n5\nAAAA\n", "o\n-1\nAAAA\n", "o\n5\nAAAA\n", "o\n5\nAAAA"])
    func malformed(text: String) {
        #expect(Checkpoint(text: text) == nil)
    }

    @Test(
        "what is no note is not read",
        arguments: [
            "", "a\n", "a\n\n", "a\n\n- x AAAA\n", "a\n\n— x AAAA\n", "a\n\n—  AAAAAAAA\n", "a\r\n\n— x AAAAAAAA\n",
        ])
    func malformedNote(text: String) {
        #expect(SignedNote(encoded: text) == nil)
    }

    @Test("a log that grows has the roots and proofs of the whole tree, at every size")
    func growing() {
        var log = MerkleLog()
        var leaves: [LedgerHash] = []
        #expect(log.root(size: 0) == MerkleTree.root(of: leaves) && log.root(size: 1) == nil)
        for number in 0..<70 {
            leaves.append(MerkleTree.leafHash(of: [UInt8(number)]))
            log.append(leaves[number])
        }
        for size in 0...70 {
            let part = Array(leaves.prefix(size))
            #expect(log.root(size: size) == MerkleTree.root(of: part))
            for index in -1...size {
                #expect(
                    log.inclusionProof(index: index, size: size)
                        == MerkleTree.inclusionProof(index: index, leaves: part))
                #expect(
                    log.consistencyProof(from: index, to: size)
                        == MerkleTree.consistencyProof(from: index, leaves: part))
            }
        }
        #expect(log.inclusionProof(index: 3, size: 71) == nil && log.consistencyProof(from: 3, to: 71) == nil)
    }

    // Made from the leaves anew they would take four hundred million hashes.
    @Test("the proofs of 20,000 entries are made from what is kept", .timeLimit(.minutes(1)))
    func many() {
        var log = MerkleLog()
        for number in 0..<20_000 { log.append(MerkleTree.leafHash(of: [UInt8(number & 255), UInt8(number >> 8)])) }
        #expect((0..<19_999).allSatisfy { log.inclusionProof(index: $0, size: 19_999)?.isEmpty == false })
    }
}
