import Foundation
import Testing

@testable import Attestation

/// A time-stamping authority of openssl's, with a root of its own.
struct StampScene {
    let folder: String
    let document = Array("a document".utf8)
    static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    init() throws {
        folder = NSTemporaryDirectory() + "stamp-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let script = """
            set -e; cd \(folder); printf 'a document' >doc; echo 01 >serial
            openssl ecparam -name prime256v1 -genkey -noout -out root.key
            openssl req -x509 -new -key root.key -sha256 -days 3650 -subj "/CN=stamps" \
            -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -out root.pem
            stamp() {
            openssl req -new -newkey $2 -nodes -keyout $1.key -subj "/CN=$1" -out $1.csr
            printf "basicConstraints=critical,CA:FALSE\\nkeyUsage=critical,digitalSignature\\n$3" >$1.ext
            openssl x509 -req -in $1.csr -CA root.pem -CAkey root.key -CAcreateserial -sha256 -days 365 \
            -extfile $1.ext -out $1.pem
            openssl ts -reply -config ts.cnf -section t -queryfile q -signer $1.pem -inkey $1.key -out $1.tsr; }
            printf '[t]\\nserial=./serial\\ncrypto_device=builtin\\nsigner_digest=sha256\\ndefault_policy=1.2.3.4\\n' >ts.cnf
            printf 'digests=sha256\\ness_cert_id_alg=sha256\\ness_cert_id_chain=no\\n' >>ts.cnf
            openssl ts -query -data doc -sha256 -cert -out q
            stamp rsa rsa:2048 "extendedKeyUsage=critical,timeStamping\\n"
            openssl ecparam -name prime256v1 -out curve
            stamp ecdsa ec:curve "extendedKeyUsage=critical,timeStamping\\n"
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", script]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    func bytes(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
    }
    func roots() throws -> [[UInt8]] { try CertificateFile.certificates(bytes("root.pem")) }
}

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
        #expect(throws: EvidenceError.certificateMissing) { try stamp.verify(of: scene.document, roots: []) }
        let foreign = try TPMAuthority()
        #expect(throws: EvidenceError.certificateMissing) {
            try stamp.verify(of: scene.document, roots: [foreign.root])
        }
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
