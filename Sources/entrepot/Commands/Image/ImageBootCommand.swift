import ArgumentParser
import Dispatch
import EngineCommands
import Foundation

/// `entrepot image boot`: a machine in software (QEMU, OVMF, swtpm) that boots an image and takes a task in.
struct ImageBootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "boot",
        abstract: "Boots an image in an emulated machine with UEFI and a TPM, and gives it a task.",
        discussion: """
            Needs Debian's qemu-system-x86, ovmf and swtpm. The machine is emulated: it protects nothing from this one, and \
            its TPM is a program. It shows that an image boots, and that its registers are the predicted ones. It ends with \
            Control-C, or when the service ends.
            """)

    @Argument(help: "A unified kernel image (.efi).")
    var image: String

    @Option(help: "The task.")
    var task: String

    @Option(help: ArgumentHelp("The TPM's state, made by Images/enrol or kept from before.", valueName: "folder"))
    var tpm: String

    @Option(help: "The certificate of the TPM's key, and those above it (PEM).")
    var certificate: String?

    @Option(help: "The port on this machine under which the service can be reached.")
    var port: Int = 8443

    @Option(help: ArgumentHelp("Memory of the machine.", valueName: "MiB"))
    var memory: Int = 1024

    @Option(help: ArgumentHelp("Where the machine's console is written.", valueName: "file"))
    var console: String = "console.log"

    @Option(help: ArgumentHelp("The folder with OVMF's OVMF_CODE_4M.fd and OVMF_VARS_4M.fd.", valueName: "folder"))
    var firmware: String = "/usr/share/OVMF"

    func run() async throws {
        try await CommandFailure.reported { try boot() }
    }

    private func boot() throws {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("boot-\(UUID().uuidString)")
        let programs = folder.appendingPathComponent("esp/EFI/BOOT")
        let files = FileManager.default
        try files.createDirectory(at: programs, withIntermediateDirectories: true)
        defer { try? files.removeItem(at: folder) }
        try files.createDirectory(atPath: tpm, withIntermediateDirectories: true)
        try files.copyItem(atPath: image, toPath: programs.appendingPathComponent("BOOTX64.EFI").path)
        let variables = folder.appendingPathComponent("variables.fd").path
        try files.copyItem(atPath: "\(firmware)/OVMF_VARS_4M.fd", toPath: variables)

        let socket = folder.appendingPathComponent("tpm.socket").path
        let emulator = try start(
            "swtpm",
            [
                "socket", "--tpm2", "--tpmstate", "dir=\(tpm)", "--ctrl", "type=unixio,path=\(socket)", "--terminate",
                "--log", "level=0",
            ])
        defer { emulator.terminate() }
        for _ in 0..<100 where !files.fileExists(atPath: socket) { usleep(50_000) }

        var machine = [
            "-machine", "q35,accel=tcg", "-cpu", "max", "-m", "\(memory)", "-nodefaults", "-display", "none",
            "-no-reboot", "-serial", "file:\(console)",
            "-drive", "if=pflash,format=raw,unit=0,readonly=on,file=\(firmware)/OVMF_CODE_4M.fd",
            "-drive", "if=pflash,format=raw,unit=1,file=\(variables)",
            "-drive", "if=none,id=boot,format=raw,readonly=on,file=fat:\(folder.path)/esp",
            "-device", "virtio-blk-pci,drive=boot,bootindex=0",
            "-chardev", "socket,id=tpm,path=\(socket)", "-tpmdev", "emulator,id=tpm0,chardev=tpm",
            "-device", "tpm-crb,tpmdev=tpm0",
            "-netdev", "user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:\(port)-:8443",
            "-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci",
            "-fw_cfg", "name=opt/entrepot/task,file=\(task)",
        ]
        if let certificate { machine += ["-fw_cfg", "name=opt/entrepot/certificate,file=\(certificate)"] }
        let process = try start("qemu-system-x86_64", machine)
        let signals = passingOnSignals(to: process)
        defer { for source in signals { source.cancel() } }
        Console.say("EMULATED machine: protects nothing. Console: \(console); the service: https://127.0.0.1:\(port)")
        process.waitUntilExit()
        guard process.terminationStatus == 0 || process.terminationReason == .uncaughtSignal else {
            throw CommandFailure("the emulated machine failed", code: .failed)
        }
    }

    /// Whoever ends this program ends the machine, which would go on without it. It has no disk that could be hurt, and what
    /// `Process` starts has every signal blocked that can be.
    private func passingOnSignals(to process: Process) -> [any DispatchSourceSignal] {
        [SIGTERM, SIGINT, SIGHUP].map { number in
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { kill(process.processIdentifier, SIGKILL) }
            source.resume()
            return source
        }
    }

    private func start(_ name: String, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        // An emulator that kept this program's output open would hold up whoever reads it.
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw CommandFailure("\(name) cannot be started", code: .failed)
        }
        return process
    }
}
