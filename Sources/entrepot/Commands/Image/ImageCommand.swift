import ArgumentParser
import Attestation
import EngineCommands
import Foundation
import Tasks

/// `entrepot image`: a bootable image of this program, its measurements, and an emulated machine that boots it.
struct ImageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "image",
        abstract: "Builds, measures and boots an image of this program that a TPM can vouch for.",
        subcommands: [ImageBuildCommand.self, ImageMeasureCommand.self, ImageBootCommand.self])
}

/// `entrepot image build`.
struct ImageBuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build",
        abstract: "Builds a unified kernel image, a ramdisk and an enclave image, and release.json.",
        discussion: """
            The image holds the program, the libraries that it needs, busybox for the few calls before it starts, and \
            nothing else: no login, no disk, no task. Everything comes from files that you name and from the program's own \
            libraries on this machine; build.json lists the digest of each. The same files give the same bytes. The folder \
            Images/ has the recipe that fetches Debian's packages.

            Example: entrepot image build --kernel unpacked --output image
            """)

    @Option(help: ArgumentHelp("Debian's package of a kernel, unpacked (dpkg-deb -x).", valueName: "folder"))
    var kernel: String

    @Option(help: "The program; the running one where absent.")
    var program: String = "/proc/self/exe"

    @Option(help: "systemd's stub, of Debian's systemd-boot-efi.")
    var stub: String = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"

    @Option(help: "A busybox that needs no library, of Debian's busybox-static.")
    var busybox: String = "/bin/busybox"

    @Option(help: ArgumentHelp("The folder of the scripts init and udhcpc.", valueName: "folder"))
    var scripts: String = "Images"

    @Option(help: "What the kernel is told; it is measured, and may name entrepot.attester= and entrepot.listen=.")
    var commandLine: String = "console=ttyS0 quiet panic=-1 lockdown=confidentiality"

    @Option(help: "The version that release.json names.")
    var release: String = "unreleased"

    @Option(help: ArgumentHelp("Where the image goes.", valueName: "folder"))
    var output: String

    func run() async throws {
        try await CommandFailure.reported {
            let started = ContinuousClock.now
            let builder = ImageBuilder(
                kernelFolder: kernel, program: program, stub: stub, busybox: busybox, scripts: scripts,
                commandLine: commandLine)
            let parts = try builder.build()
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
            let image: UnifiedImage
            do {
                image = try UnifiedImage(
                    stub: parts.stub, kernel: parts.kernel, ramdisk: parts.ramdisk, commandLine: commandLine,
                    release: ImageBuilder.systemName)
            } catch {
                throw CommandFailure("\(error)", code: .badData)
            }
            let enclave = EnclaveImageBuilder.image(
                kernel: parts.kernel, commandLine: commandLine, ramdisks: [parts.ramdisk])
            var measurements = [EvidenceFormat.tpm.rawValue: image.measurements]
            if let enclave = try? EnclaveImage(bytes: enclave) {
                measurements[EvidenceFormat.nitro.rawValue] = enclave.measurements
            }
            let manifest = ReleaseManifest(releases: [.init(version: release, measurements: measurements)])
            for (name, bytes) in [
                ("entrepot.efi", image.bytes), ("kernel", parts.kernel), ("ramdisk", parts.ramdisk),
                ("entrepot.eif", enclave), ("build.json", parts.manifest), ("release.json", try manifest.json()),
            ] {
                try Data(bytes).write(to: URL(fileURLWithPath: "\(output)/\(name)"))
            }
            Console.say(
                "\(output)/entrepot.efi  \(image.bytes.count / 1_000_000) MB, in \(ContinuousClock.now - started)")
            for (register, value) in image.measurements.sorted(by: { $0.key < $1.key }) {
                Console.show("\(register) \(value)")
            }
        }
    }
}

/// `entrepot image measure`.
struct ImageMeasureCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure",
        abstract: "Predicts the registers that a TPM shows after an image has booted (or an enclave, of a file .eif).",
        discussion: "Example: entrepot image measure image/entrepot.efi")

    @Argument(help: "A unified kernel image (.efi) or an enclave image (.eif).")
    var file: String

    @Option(help: ArgumentHelp("A task: adds PCR16, which the service extends by it.", valueName: "file"))
    var task: String?

    @Option(help: ArgumentHelp("A firmware's log to compare with (binary_bios_measurements).", valueName: "file"))
    var log: String?

    @Flag(help: "One JSON object on stdout, in the form of release.json.")
    var json = false

    func run() async throws {
        try await CommandFailure.reported {
            let bytes = try Files.bytes(at: file)
            let isEnclave = bytes.starts(with: Array(".eif".utf8))
            var measurements: [String: String]
            do {
                measurements =
                    isEnclave
                    ? try EnclaveImage(bytes: bytes).measurements : try UnifiedImage(bytes: bytes).measurements
            } catch let error as UnifiedImage.Problem {
                throw CommandFailure("\(file): \(error)", code: .badData)
            } catch let error as EnclaveImage.Problem {
                throw CommandFailure("\(file): \(error)", code: .badData)
            }
            if let log { try compare(measurements, withLog: log) }
            if json {
                let format: EvidenceFormat = isEnclave ? .nitro : .tpm
                let manifest = ReleaseManifest(releases: [
                    .init(version: "measured", measurements: [format.rawValue: measurements])
                ])
                Console.show(String(decoding: try manifest.json(), as: UTF8.self))
                return
            }
            if let task {
                let register = TPMRegister.task(try Files.task(at: task).canonicalBytes)
                measurements["PCR16"] = register.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            }
            for (register, value) in measurements.sorted(by: { $0.key < $1.key }) {
                Console.show("\(register) \(value)")
            }
        }
    }

    private func compare(_ measurements: [String: String], withLog path: String) throws {
        do {
            let events = try EventLog(bytes: try Files.bytes(at: path, limit: .eventLog))
            for index in [4, 9, 11] {
                let value = TPMRegister.replaying(events.digests(of: index))
                let text = value.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                guard measurements["PCR\(index)"] == text else {
                    throw CommandFailure("\(path) is of another image: PCR\(index) is \(text)", code: .policy)
                }
            }
        } catch let error as EvidenceError {
            throw CommandFailure("\(path): \(error.reason). \(error.hint)", code: .evidence)
        }
    }
}
