import Bytes
import Foundation
import Testing
import VectorMath

@testable import Attestation

@Suite("Enclave images")
struct EnclaveImageTests {
    static let kernel: (UInt16, [UInt8]) = (1, Array(String(repeating: "kernel", count: 100).utf8))
    static let commandLine: (UInt16, [UInt8]) = (2, Array("console=ttyS0".utf8))
    static let boot: (UInt16, [UInt8]) = (3, Array(String(repeating: "boot", count: 50).utf8))
    static let application: (UInt16, [UInt8]) = (3, Array(String(repeating: "app", count: 33).utf8))
    static let more: (UInt16, [UInt8]) = (3, Array("more".utf8))
    static let metadata: (UInt16, [UInt8]) = (5, Array("{}".utf8))

    /// An image of the layout that aws-nitro-enclaves-image-format writes.
    static func image(_ sections: [(UInt16, [UInt8])], flags: UInt16 = 0, version: UInt16 = 4) -> [UInt8] {
        func bigEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
            withUnsafeBytes(of: value.bigEndian) { Array($0) }
        }
        var offsets = [UInt64](repeating: 0, count: 32)
        var sizes = offsets
        var body: [UInt8] = []
        for (index, section) in sections.prefix(32).enumerated() {
            offsets[index] = UInt64(548 + body.count)
            sizes[index] = UInt64(section.1.count)
            body += bigEndian(section.0) + [0, 0] + bigEndian(UInt64(section.1.count)) + section.1
        }
        var image = Array(".eif".utf8) + bigEndian(version) + bigEndian(flags)
        image += bigEndian(UInt64(512 << 20)) + bigEndian(UInt64(2)) + [0, 0] + bigEndian(UInt16(sections.count))
        image += offsets.flatMap(bigEndian) + sizes.flatMap(bigEndian) + [0, 0, 0, 0] + [1, 2, 3, 4]
        return image + body
    }

    /// PCRs of the contents above, by Python: `P = lambda x: sha384(bytes(48) + sha384(x).digest()).hexdigest()` over
    /// kernel+cmdline+ramdisks, kernel+cmdline+first ramdisk, other ramdisks.
    static let expected = [
        "3d4b9a6ed1bc364455b3b5dd706d70fa26a27f49d7646017909854211653c434fbf1b5cae89fcdf6db2ff801c06294a1",
        "c3a4956be38ed6b78b22ab352a9a1f56b1e4c499a922f6e26448a25caa009995ef7960ae9b517b851c99bf9c1c3d3fc4",
        "9588d93d89a823f0761e23834cf37c11683f4b2745fdbca994dd5224ef0c6e7a72c7958e882e4473dcf64377a1755273",
    ]

    @Test("PCR0, PCR1 and PCR2 are those of an independent computation; metadata is not measured")
    func measurements() throws {
        let bytes = EnclaveImageTests.image([
            EnclaveImageTests.kernel, EnclaveImageTests.commandLine, EnclaveImageTests.metadata,
            EnclaveImageTests.boot, EnclaveImageTests.application, EnclaveImageTests.more,
        ])
        let image = try EnclaveImage(bytes: bytes)
        #expect([image.pcr0, image.pcr1, image.pcr2].map(Hex.encode) == EnclaveImageTests.expected)
        #expect(image.pcr8 == nil)
        #expect(image.architecture == "x86_64")
        let path = NSTemporaryDirectory() + "entrepot-\(UUID().uuidString).eif"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        #expect(try EnclaveImage(path: path) == image)
        #expect(image.measurements["PCR2"] == EnclaveImageTests.expected[2])
    }

    @Test("PCR8 measures the DER of the certificate that signed the image")
    func signature() async throws {
        let directory = NSTemporaryDirectory() + "entrepot-eif-\(UUID().uuidString)"
        let root = try SimulatedRoot(directory: directory, now: 1_795_248_000)
        let pem = CertificateFile.pem([root.der])
        for certificate in [CBOR.bytes(pem), .array(pem.map { .unsigned(UInt64($0)) })] {
            let section = CBOR.array([
                .map([
                    .init(.text("signing_certificate"), certificate), .init(.text("signature"), .bytes([1, 2])),
                ])
            ]).encoded
            let image = try EnclaveImage(
                bytes: EnclaveImageTests.image(
                    [EnclaveImageTests.kernel, EnclaveImageTests.commandLine, EnclaveImageTests.boot, (4, section)],
                    flags: 1))
            #expect(image.pcr8 == Register.measuring(root.der))
            #expect(image.architecture == "aarch64")
        }
    }

    @Test("what is not an image of the known layout is refused by the rule it breaks")
    func problems() throws {
        typealias Tests = EnclaveImageTests
        let good = Tests.image([Tests.kernel, Tests.commandLine, Tests.boot])
        #expect(throws: Never.self) { try EnclaveImage(bytes: good) }
        var wrongSize = good
        wrongSize[548 + 11] ^= 1
        var overlap = good
        overlap[28 + 8 + 7] ^= 1
        let cases: [([UInt8], EnclaveImage.Problem)] = [
            ([], .truncated), (Array(good.prefix(547)), .truncated), (Array(good.prefix(600)), .truncated),
            ([0x7F] + good.dropFirst(), .magic), (Tests.image([Tests.kernel], version: 2), .version(2)),
            (Tests.image([]), .sectionCount(0)),
            (Tests.image([(UInt16, [UInt8])](repeating: Tests.more, count: 33)), .sectionCount(33)),
            (wrongSize, .sectionTable(0)), (Tests.image([(9, [])]), .sectionType(9)),
            (Tests.image([Tests.commandLine, Tests.kernel, Tests.boot]), .sectionOrder),
            (Tests.image([Tests.kernel, Tests.commandLine, Tests.boot, Tests.kernel]), .sectionOrder),
            (Tests.image([Tests.kernel, Tests.commandLine]), .missingSection),
            (Tests.image([Tests.kernel, Tests.commandLine, Tests.boot, (4, [0x80])]), .signature),
        ]
        for (bytes, problem) in cases {
            #expect(throws: problem) { try EnclaveImage(bytes: bytes) }
        }
        #expect(throws: EnclaveImage.Problem.self) { try EnclaveImage(bytes: overlap) }
        #expect(throws: EnclaveImage.Problem.unreadable) { try EnclaveImage(path: "/nonexistent.eif") }
    }

    @Test("random changes of an image neither crash nor run away")
    func fuzz() {
        var random = SplitMix64(state: 5)
        let good = EnclaveImageTests.image([
            EnclaveImageTests.kernel, EnclaveImageTests.commandLine, EnclaveImageTests.boot,
        ])
        for _ in 0..<2_000 {
            var bytes = good
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
            }
            _ = try? EnclaveImage(bytes: bytes)
        }
    }
}
