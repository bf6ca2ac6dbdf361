import Bytes
import Crypto
import Foundation
import Testing

@testable import Attestation

@Suite("Images")
struct ImageTests {
    static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
        (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) }
    }

    /// A UEFI program of one section: a head of 1,024 bytes with room for more, and 512 bytes of code.
    static func program(_ fill: UInt8) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 1024)
        bytes.replaceSubrange(0..<2, with: [0x4D, 0x5A])
        bytes.replaceSubrange(0x3C..<0x40, with: little(UInt32(0x80)))
        bytes.replaceSubrange(0x80..<0x84, with: [0x50, 0x45, 0, 0])
        bytes.replaceSubrange(0x86..<0x88, with: little(UInt16(1)))
        bytes.replaceSubrange(0x88..<0x8C, with: little(UInt32(1_700_000_000)))  // when it was built
        bytes.replaceSubrange(0x94..<0x96, with: little(UInt16(240)))
        let optional = 0x98
        bytes.replaceSubrange(optional..<optional + 2, with: little(UInt16(0x20B)))
        bytes.replaceSubrange(optional + 36..<optional + 40, with: little(UInt32(512)))
        bytes.replaceSubrange(optional + 60..<optional + 64, with: little(UInt32(1024)))
        bytes.replaceSubrange(optional + 64..<optional + 68, with: little(UInt32(77)))  // checksum
        bytes.replaceSubrange(optional + 108..<optional + 112, with: little(UInt32(16)))
        let section = optional + 240
        bytes.replaceSubrange(section..<section + 5, with: Array(".text".utf8))
        for (offset, value) in [(8, 512), (12, 0x1000), (16, 512), (20, 1024)] {
            bytes.replaceSubrange(section + offset..<section + offset + 4, with: little(UInt32(value)))
        }
        return bytes + [UInt8](repeating: fill, count: 512)
    }

    static func image(
        commandLine: String = "quiet", ramdisk: [UInt8] = [1, 2, 3], stub: [UInt8] = program(7)
    ) throws -> UnifiedImage {
        try UnifiedImage(
            stub: stub, kernel: program(9), ramdisk: ramdisk, commandLine: commandLine, release: "ID=entrepot\n")
    }

    static func digest(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    @Test("an image is the same bytes each time, whenever its stub was built, and is read back")
    func reproducible() throws {
        let image = try Self.image()
        #expect(try Self.image().bytes == image.bytes)
        var later = Self.program(7)
        later[0x88] ^= 0xFF
        #expect(try Self.image(stub: later).bytes == image.bytes)
        // What lies behind the last section of a stub is left out.
        #expect(try Self.image(stub: Self.program(7) + [1, 2, 3]).bytes == image.bytes)
        let read = try UnifiedImage(bytes: image.bytes)
        #expect(read.measurements == image.measurements)
        let program = try PortableExecutable(bytes: image.bytes)
        #expect(program.sections.map(\.name) == [".text", ".osrel", ".cmdline", ".linux", ".initrd"])
        #expect(program.content(".cmdline").map(Array.init) == Array("quiet".utf8))
        #expect(program.content(".initrd").map(Array.init) == [1, 2, 3])
    }

    @Test("the registers are what firmware, stub and kernel extend")
    func registers() throws {
        let image = try Self.image()
        let parts: [(String, [UInt8])] = [
            (".linux", Self.program(9)), (".osrel", Array("ID=entrepot\n".utf8)), (".cmdline", Array("quiet".utf8)),
            (".initrd", [1, 2, 3]),
        ]
        var register = TPMRegister.zero
        for (name, content) in parts {
            register = Self.digest(register + Self.digest(Array(name.utf8) + [0]))
            register = Self.digest(register + Self.digest(content))
        }
        #expect(image.pcr11 == register)
        let wide: [UInt8] = "quiet".utf8.flatMap { [$0, 0] } + [0, 0]
        #expect(
            image.pcr9 == Self.digest(Self.digest(TPMRegister.zero + Self.digest(wide)) + Self.digest([1, 2, 3])))
        // The kernel here has no signature: its digest is that of its bytes without checksum and signature directory.
        let kernel = Self.program(9)
        let optional = 0x98
        let hashed =
            kernel[0..<optional + 64] + kernel[optional + 68..<optional + 144] + kernel[(optional + 152)...]
        #expect(try PortableExecutable(bytes: kernel).authenticodeDigest() == Self.digest(Array(hashed)))
    }

    @Test("another command line or one byte of the ramdisk changes registers 4, 9 and 11, and no checksum does")
    func changes() throws {
        let image = try Self.image()
        for other in [try Self.image(commandLine: "quiets"), try Self.image(ramdisk: [1, 2, 4])] {
            #expect(other.pcr4 != image.pcr4 && other.pcr9 != image.pcr9 && other.pcr11 != image.pcr11)
        }
        #expect(image.measurements["PCR12"] == String(repeating: "0", count: 64))
    }

    @Test("what is no image, or has parts that the stub obeys and nobody measured here, is refused")
    func malformed() throws {
        #expect(throws: UnifiedImage.Problem.malformed) { try UnifiedImage(bytes: [1, 2, 3]) }
        #expect(throws: UnifiedImage.Problem.missingSection(".linux")) { try UnifiedImage(bytes: Self.program(1)) }
        #expect(throws: UnifiedImage.Problem.missingSection(".initrd")) { try Self.image(ramdisk: []) }
        #expect(throws: UnifiedImage.Problem.stub) {
            try UnifiedImage(stub: [1], kernel: Self.program(9), ramdisk: [1], commandLine: "a", release: "b")
        }
        var other = try Self.image().bytes
        let place = try #require(other.firstRange(of: Array(".osrel".utf8)))
        other.replaceSubrange(place, with: Array(".dtb\0\0".utf8))
        #expect(throws: UnifiedImage.Problem.malformed) { try UnifiedImage(bytes: other) }
        var random = SystemRandomNumberGenerator()
        let bytes = try Self.image().bytes
        for _ in 0..<2_000 {
            var changed = bytes
            for _ in 0..<3 { changed[Int.random(in: 0..<600, using: &random)] = .random(in: 0...255, using: &random) }
            _ = try? UnifiedImage(bytes: changed)
        }
    }

    @Test("a ramdisk depends on its files alone, and cpio reads it")
    func ramdisk() throws {
        var archive = RamdiskArchive()
        archive.add("usr/bin/program", [1, 2, 3, 4, 5], isExecutable: true)
        archive.add("etc/name", Array("x\n".utf8))
        archive.add(folder: "proc")
        var again = RamdiskArchive()
        again.add(folder: "proc")
        again.add("etc/name", Array("x\n".utf8))
        again.add("usr/bin/program", [1, 2, 3, 4, 5], isExecutable: true)
        #expect(archive.bytes == again.bytes)
        #expect(archive.bytes.starts(with: Array("070701".utf8)))
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/cpio") else { return }
        let path = NSTemporaryDirectory() + "ramdisk-\(UUID().uuidString)"
        try Data(archive.bytes).write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "cpio -tv --quiet <\(path)"]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        let lines = text.split(separator: "\n")
        #expect(lines.count == 6)
        #expect(lines.contains { $0.hasPrefix("-rwxr-xr-x") && $0.hasSuffix("usr/bin/program") })
    }

    @Test("an enclave image as AWS lays it out is measured by the reader of such images")
    func enclaveImage() throws {
        let (kernel, first, second): ([UInt8], [UInt8], [UInt8]) = ([1, 2, 3], [4, 5], [6])
        let image = EnclaveImageBuilder.image(kernel: kernel, commandLine: "quiet", ramdisks: [first, second])
        let measured = try EnclaveImage(bytes: image)
        let line = Array("quiet".utf8)
        #expect(measured.pcr0 == Register.measuring(kernel + line + first + second))
        #expect(measured.pcr1 == Register.measuring(kernel + line + first))
        #expect(measured.pcr2 == Register.measuring(second))
        // The checksum of the published format: CRC-32 over all but itself.
        let checksum = image[544..<548].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        #expect(CRC32.value(of: Array(image[0..<544] + image[548...])) == checksum)
    }

    @Test("a build manifest has one form, and that of this process names the program")
    func buildManifest() throws {
        let manifest = BuildManifest(parts: ["b": "2", "a": "1"], made: ["kernel": "6.1"])
        #expect(manifest.json == BuildManifest(parts: ["a": "1", "b": "2"], made: ["kernel": "6.1"]).json)
        #expect(try JSONDecoder().decode(BuildManifest.self, from: Data(manifest.json)) == manifest)
        let own = try JSONDecoder().decode(BuildManifest.self, from: Data(BuildManifest.ofThisProcess()))
        #expect(own.parts["program"] == BuildManifest.digest(ofFile: "/proc/self/exe"))
    }
}
