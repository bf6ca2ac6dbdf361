import Bytes
import Crypto
import CryptoExtras
import Foundation
import Testing

@testable import Tasks

@Suite("Keys of parties")
struct KeyTests {
    @Test(
        "the workshop's published keys are known by their digests",
        arguments: [
            (Fixture.workshopAlice, "fd926d32e6e7eb28a285ccf01f14e7ee4af39857c292703960b7abcadd475369"),
            (Fixture.workshopBob, "ddb17f6c192b0c8f78769fc3265da45fcae62ad798d6ab6bd3cb22435bd3c57c"),
        ])
    func workshopKeys(base64: String, digest: String) throws {
        let key = try PartyKey(text: base64)
        #expect(key.isPublishedWorkshopKey)
        #expect(Hex.encode(key.digest) == digest)
        #expect(key.bits == 2048)
        #expect(!Fixture.bob.publicKey.isPublishedWorkshopKey)
    }

    @Test("one key is equal to itself in every form", arguments: [Fixture.alice, Fixture.bob].map(\.publicKey))
    func oneKey(key: PartyKey) throws {
        #expect(try PartyKey(derRepresentation: key.derRepresentation) == key)
        #expect(try PartyKey(derRepresentation: key.subjectPublicKeyInfo) == key)
        #expect(try PartyKey(text: key.base64) == key)
        let broken = key.base64.enumerated().map { $0 % 20 == 0 ? "\n  \($1)" : "\($1)" }.joined()
        #expect(try PartyKey(text: broken) == key)
        #expect(try PartyKey(derRepresentation: key.subjectPublicKeyInfo).base64 == key.base64)
        #expect(try PartyKey(derRepresentation: key.subjectPublicKeyInfo).hashValue == key.hashValue)
    }

    @Test("a published key counts as published in a certificate's form as well")
    func published() throws {
        let key = try PartyKey(text: Fixture.workshopAlice)
        #expect(try PartyKey(derRepresentation: key.subjectPublicKeyInfo).isPublishedWorkshopKey)
    }

    @Test("a key with one byte changed, added or taken away is no such key", arguments: [Fixture.alice, Fixture.bob])
    func strict(privateKey: PartyPrivateKey) {
        let key = privateKey.publicKey
        for bytes in [key.derRepresentation, key.subjectPublicKeyInfo] {
            #expect(throws: TaskError.self) { try PartyKey(derRepresentation: bytes + [0]) }
            #expect(throws: TaskError.self) { try PartyKey(derRepresentation: bytes.dropLast()) }
            for index in stride(from: 0, to: bytes.count, by: 3) {
                var changed = bytes
                changed[index] ^= 0x41
                #expect((try? PartyKey(derRepresentation: changed)) != key)
            }
        }
    }

    @Test("other kinds of key are refused by name")
    func otherKinds() throws {
        let p384 = P384.Signing.PrivateKey().publicKey.derRepresentation
        let ed25519 = Curve25519.Signing.PrivateKey().publicKey.rawRepresentation
        for bytes in [Array(p384), Array(ed25519), [], [0x30, 0], [0x30, 0x80, 0, 0]] {
            #expect(throws: TaskError.unreadableKey("it is neither RSA nor P-256")) {
                try PartyKey(derRepresentation: bytes)
            }
        }
        #expect(throws: TaskError.unreadableKey("it is not base64")) { try PartyKey(text: "") }
    }

    @Test("an RSA key that is short or has another exponent is refused", .enabled(if: Tool.hasOpenSSL, "no openssl"))
    func weakRSA() throws {
        func made(_ options: [String]) throws -> [UInt8] {
            let folder = try Folder()
            let file = folder.path + "/key.pem"
            _ = try Tool.run(
                ["openssl", "genpkey", "-algorithm", "RSA", "-out", file]
                    + options.flatMap { ["-pkeyopt", $0] }, input: [])
            return try Tool.run(["openssl", "rsa", "-in", file, "-RSAPublicKey_out", "-outform", "DER"], input: [])
        }
        #expect(throws: TaskError.weakKey(bits: 1024)) {
            try PartyKey(derRepresentation: made(["rsa_keygen_bits:1024"]))
        }
        #expect(throws: TaskError.weakKey(bits: 2047)) {
            try PartyKey(derRepresentation: made(["rsa_keygen_bits:2047"]))
        }
        #expect(throws: TaskError.unreadableKey("its RSA exponent is not 65537")) {
            try PartyKey(derRepresentation: made(["rsa_keygen_bits:2048", "rsa_keygen_pubexp:3"]))
        }
    }

    @Test(
        "a private key file reads back, as PEM and as the workshop's PKCS#1 DER",
        arguments: PartyPrivateKey.Kind.allCases)
    func privateKeys(kind: PartyPrivateKey.Kind) throws {
        let key = try PartyPrivateKey.generate(kind)
        let read = try PartyPrivateKey(file: Array(key.pemRepresentation.utf8))
        #expect(read.publicKey == key.publicKey)
        #expect(key.pemRepresentation.hasPrefix("-----BEGIN PRIVATE KEY-----"))
        if kind != .p256 {
            let pkcs1 = try _RSA.Signing.PrivateKey(pemRepresentation: key.pemRepresentation).derRepresentation
            #expect(try PartyPrivateKey(file: Array(pkcs1)).publicKey == key.publicKey)
        }
    }

    @Test("what is no private key is refused", arguments: [[], [0x30, 0], Array("-----BEGIN PRIVATE KEY-----".utf8)])
    func noPrivateKeys(bytes: [UInt8]) {
        #expect(throws: TaskError.unreadablePrivateKey) { try PartyPrivateKey(file: bytes) }
    }

    @Test("a file that holds no private key is named, and a public key is told from rubbish")
    func wrongKeyFiles() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = try PartyPrivateKey.generate(.p256)
        for (name, text, isPublic) in [("a.pub", key.publicKey.base64, true), ("a.csv", "id,v\n1,2\n", false)] {
            let path = folder.appending(path: name).path
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            #expect(throws: TaskError.notAPrivateKey(path: path, isPublic: isPublic)) {
                try KeyFiles.privateKey(at: path)
            }
        }
    }

    @Test("keygen writes a private file for its owner alone, a public one, and never over another")
    func keyFiles() throws {
        let folder = try Folder()
        let files = try KeyFiles.write(Fixture.alice, name: "Alice", directory: folder.path)
        let mode = try FileManager.default.attributesOfItem(atPath: files.privateKey)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try KeyFiles.privateKey(at: files.privateKey).publicKey == Fixture.alice.publicKey)
        #expect(try KeyFiles.publicKey(at: files.publicKey) == Fixture.alice.publicKey)
        #expect(throws: TaskError.keyFileExists(files.privateKey)) {
            try KeyFiles.write(Fixture.carol, name: "Alice", directory: folder.path)
        }
        #expect(try KeyFiles.publicKey(at: files.publicKey) == Fixture.alice.publicKey)
    }

    @Test(
        "a public key is read from base64, PEM, DER, and from the private file",
        .enabled(if: Tool.hasOpenSSL, "no openssl"))
    func publicFiles() throws {
        let folder = try Folder()
        let files = try KeyFiles.write(Fixture.bob, name: "Bob", directory: folder.path)
        let pem = try Tool.run(["openssl", "pkey", "-in", files.privateKey, "-pubout"], input: [])
        for bytes in [pem, Fixture.bob.publicKey.derRepresentation, Array(Fixture.bob.pemRepresentation.utf8)] {
            let path = try folder.write(bytes, to: UUID().uuidString)
            #expect(try KeyFiles.publicKey(at: path) == Fixture.bob.publicKey)
        }
    }

    @Test("a fingerprint is the SHA-256 that openssl computes", .enabled(if: Tool.hasOpenSSL, "no openssl"))
    func fingerprint() throws {
        let key = Fixture.alice.publicKey
        let digest = try Tool.run(["openssl", "dgst", "-sha256", "-binary"], input: key.derRepresentation)
        #expect(key.digest == digest)
        #expect(key.fingerprint == "SHA256:" + Data(digest).base64EncodedString().dropLast())
        #expect(key.spokenFingerprint.split(separator: " ").map(\.count) == [4, 4, 4, 4, 4, 4])
    }
}

@Suite("Signatures, n of n")
struct SignatureTests {
    @Test("a task is signed when every provider has signed, and not before")
    func everyProvider() throws {
        var task = UnsignedTask(try Fixture.task())
        #expect(task.missing == ["Alice", "Bob"])
        try task.add(.sign(task.digest, as: "Bob", with: Fixture.bob))
        #expect(task.missing == ["Alice"])
        try task.add(.sign(task.digest, as: "Alice", with: Fixture.alice))
        try task.add(.sign(task.digest, as: "Alice", with: Fixture.alice))
        #expect(task.missing == [])
        #expect(task.signatures.keys.sorted() == ["Alice", "Bob"])
        #expect(task.signed == ["Alice", "Bob"])
    }

    @Test("another's key, another task, another party and a flipped bit are each refused")
    func refused() throws {
        var task = UnsignedTask(try Fixture.task())
        #expect(throws: TaskError.keyOfAnotherParty(party: "Alice")) {
            try task.add(.sign(task.digest, as: "Alice", with: Fixture.carol))
        }
        #expect(throws: TaskError.notAProvider("Mallory")) {
            try task.add(.sign(task.digest, as: "Mallory", with: Fixture.alice))
        }
        let other = TaskDigest(hashing: [1])
        #expect(throws: TaskError.signatureForAnotherTask(party: "Alice", signed: other.hex, expected: task.digest.hex))
        {
            try task.add(.sign(other, as: "Alice", with: Fixture.alice))
        }
        for (party, key) in [("Alice", Fixture.alice), ("Bob", Fixture.bob)] {
            let good = try TaskSignature.sign(task.digest, as: party, with: key)
            for bit in stride(from: 0, to: good.signature.count * 8, by: 37) {
                var bytes = good.signature
                bytes[bit / 8] ^= 1 << (bit % 8)
                let bad = TaskSignature(
                    party: party, task: task.digest, algorithm: good.algorithm, fingerprint: good.fingerprint,
                    signature: bytes)
                #expect(throws: TaskError.signatureInvalid(party: party)) { try task.add(bad) }
            }
        }
        #expect(task.signed == [])
    }

    @Test("a consumer cannot sign")
    func consumer() throws {
        let yaml = Fixture.yaml.replacing(
            Fixture.privacyLine,
            with: "  - {name: Carol, role: consumer, public_key: \(Fixture.carol.publicKey.base64)}\n"
                + Fixture.privacyLine)
        var task = UnsignedTask(try TaskSpecification(yaml: yaml))
        #expect(throws: TaskError.notAProvider("Carol")) {
            try task.add(.sign(task.digest, as: "Carol", with: Fixture.carol))
        }
        #expect(task.missing == ["Alice", "Bob"])
    }

    @Test("a signature file reads back, and an unknown or missing key in it is refused")
    func files() throws {
        let task = try Fixture.task()
        for (party, key) in [("Alice", Fixture.alice), ("Bob", Fixture.bob)] {
            let signature = try TaskSignature.sign(task.digest, as: party, with: key)
            #expect(try TaskSignature(fileBytes: signature.fileBytes) == signature)
            let text = String(decoding: signature.fileBytes, as: UTF8.self)
            for bad in [
                text.replacing("\"party\"", with: "\"Party\""), text.replacing("{", with: "{\"x\":1,"),
                text.replacing("sha256", with: "sha1"), text.replacing("\"task\":\"", with: "\"task\":\"0"), "[]", "",
                String(repeating: "[", count: 10_000),
            ] {
                #expect(throws: TaskError.self) { try TaskSignature(fileBytes: Array(bad.utf8)) }
            }
        }
    }

    @Test("openssl verifies our signatures", .enabled(if: Tool.hasOpenSSL, "no openssl"))
    func openssl() throws {
        let folder = try Folder()
        let task = try Fixture.task()
        let message = try folder.write(Array("ENTREPOT-TASK1\0".utf8) + task.digest.bytes, to: "message")
        for (key, options) in [
            (Fixture.alice, []),
            (Fixture.bob, ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:32"]),
        ] {
            let signature = try TaskSignature.sign(task.digest, as: "x", with: key)
            let signatureFile = try folder.write(signature.signature, to: "signature")
            let keyFile = try folder.write(Array(key.pemRepresentation.utf8), to: "key")
            let publicFile = try folder.write(
                try Tool.run(["openssl", "pkey", "-in", keyFile, "-pubout"], input: []), to: "public")
            let answer = try Tool.run(
                ["openssl", "dgst", "-sha256", "-verify", publicFile] + options + [
                    "-signature", signatureFile, message,
                ],
                input: [])
            #expect(String(decoding: answer, as: UTF8.self).contains("Verified OK"))
        }
    }
}
