import Foundation
import Testing

@testable import Attestation

/// A time-stamping authority of openssl's, with a root of its own.
struct StampScene {
    let folder: String
    let document: [UInt8]
    static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    init(document: [UInt8] = Array("a document".utf8)) throws {
        self.document = document
        folder = NSTemporaryDirectory() + "stamp-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(document).write(to: URL(fileURLWithPath: "\(folder)/doc"))
        let script = """
            set -e; cd \(folder); echo 01 >serial
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
            printf 'clock_precision_digits=3\\n' >>ts.cnf
            stamp parts ec:curve "extendedKeyUsage=critical,timeStamping\\n"
            openssl ts -query -data doc -sha256 -out q
            stamp bare ec:curve "extendedKeyUsage=critical,timeStamping\\n"
            openssl ts -query -data doc -sha1 -cert -out q
            printf 'digests=sha1\\n' >>ts.cnf
            stamp sha1 ec:curve "extendedKeyUsage=critical,timeStamping\\n"
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
