import Attestation
import EngineCommands
import Foundation

/// Gathers what goes into an image, in an order and form that depend on the files alone.
struct ImageBuilder {
    /// What an image is put together from.
    struct Parts {
        let stub: [UInt8]
        let kernel: [UInt8]
        /// Compressed.
        let ramdisk: [UInt8]
        /// `build.json`, which also lies in the ramdisk.
        let manifest: [UInt8]
    }

    let kernelFolder: String
    let program: String
    let stub: String
    let busybox: String
    let scripts: String
    let commandLine: String

    /// `/etc/os-release` of an image.
    static let systemName = "NAME=Entrepot\nID=entrepot\nPRETTY_NAME=\"Entrepot\"\n"

    /// Drivers, each after those that it needs: virtio in all its parts, the network cards of two clouds, QEMU's
    /// configuration, vsock, and the guests' own devices. A kernel that has one built in has no file for it.
    private static let modules = [
        "net/core/failover", "drivers/net/net_failover", "drivers/virtio/virtio_ring", "drivers/virtio/virtio",
        "drivers/virtio/virtio_pci_legacy_dev", "drivers/virtio/virtio_pci_modern_dev", "drivers/virtio/virtio_pci",
        "drivers/virtio/virtio_mmio", "drivers/net/virtio_net", "drivers/block/virtio_blk",
        "drivers/char/hw_random/virtio-rng", "drivers/net/ethernet/google/gve/gve",
        "drivers/net/ethernet/amazon/ena/ena", "drivers/firmware/qemu_fw_cfg", "net/vmw_vsock/vsock",
        "net/vmw_vsock/vmw_vsock_virtio_transport_common", "net/vmw_vsock/vmw_vsock_virtio_transport",
        "fs/configfs/configfs", "drivers/virt/coco/tsm", "drivers/virt/coco/sev-guest/sev-guest",
        "drivers/virt/coco/tdx-guest/tdx-guest",
        "drivers/misc/nsm",
    ]

    func build() throws -> Parts {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent("image-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var archive = RamdiskArchive()
        var digests: [String: String] = [:]

        let bare = folder.appendingPathComponent("entrepot").path
        try Tool.run(
            "objcopy",
            ["--strip-all", "--remove-section=.note.gnu.build-id", "--remove-section=.swift_modhash", program, bare])
        try add(bare, as: "usr/bin/entrepot", named: "program", isExecutable: true, to: &archive, &digests)
        for library in try libraries(of: bare) {
            let path = library.name.hasPrefix("ld-") ? "lib64/\(library.name)" : "lib/\(library.name)"
            // Fewer bytes boot faster: firmware, stub and kernel each hash them all.
            let small = folder.appendingPathComponent(library.name).path
            try Tool.run("objcopy", ["--strip-unneeded", library.path, small])
            try add(small, as: path, named: library.name, isExecutable: true, to: &archive, &digests)
        }
        try add(busybox, as: "bin/busybox", named: "busybox", isExecutable: true, to: &archive, &digests)
        try add("\(scripts)/init", as: "init", named: "init", isExecutable: true, to: &archive, &digests)
        try add("\(scripts)/udhcpc", as: "etc/udhcpc", named: "udhcpc", isExecutable: true, to: &archive, &digests)
        let version = try addModules(to: &archive, &digests)
        for folder in ["dev", "proc", "run", "sys", "tmp"] { archive.add(folder: folder) }
        archive.add("etc/os-release", Array(Self.systemName.utf8))

        let kernel = try Files.bytes(at: "\(kernelFolder)/boot/vmlinuz-\(version)")
        let stub = try Files.bytes(at: stub)
        digests["kernel"] = BuildManifest.digest(ofFile: "\(kernelFolder)/boot/vmlinuz-\(version)")
        digests["stub"] = BuildManifest.digest(ofFile: self.stub)
        let manifest = BuildManifest(
            parts: digests,
            made: [
                "kernel": version, "command_line": commandLine,
                "zstd": try Tool.output("zstd", ["--version"]).trimmingCharacters(in: .whitespacesAndNewlines),
            ]
        ).json
        archive.add("build.json", manifest)

        let plain = folder.appendingPathComponent("ramdisk")
        try Data(archive.bytes).write(to: plain)
        let packed = plain.path + ".zst"
        try Tool.run("zstd", ["-10", "-T1", "-q", "-f", plain.path, "-o", packed])
        return Parts(stub: stub, kernel: kernel, ramdisk: try Files.bytes(at: packed), manifest: manifest)
    }

    private func add(
        _ source: String, as path: String, named name: String, isExecutable: Bool, to archive: inout RamdiskArchive,
        _ digests: inout [String: String]
    ) throws {
        archive.add(path, try Files.bytes(at: source), isExecutable: isExecutable)
        digests[name] = BuildManifest.digest(ofFile: source)
    }

    /// The shared libraries that a program loads, by the loader's own word, and the loader.
    private func libraries(of program: String) throws -> [(name: String, path: String)] {
        var found: [String: String] = [:]
        for line in try Tool.output("ldd", [program]).split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
            guard let path = words.first(where: { $0.hasPrefix("/") }) else {
                if line.contains("not found") { throw CommandFailure("a library is missing: \(line)", code: .badData) }
                continue
            }
            found[URL(fileURLWithPath: words[0]).lastPathComponent] = path
        }
        guard !found.isEmpty else {
            throw CommandFailure("\(program) loads no library: is it the program?", code: .badData)
        }
        return found.sorted { $0.key < $1.key }.map { (name: $0.key, path: $0.value) }
    }

    /// - Returns: the kernel's version.
    private func addModules(to archive: inout RamdiskArchive, _ digests: inout [String: String]) throws -> String {
        // Debian 12 has /lib, later ones /usr/lib.
        let roots = ["\(kernelFolder)/lib/modules", "\(kernelFolder)/usr/lib/modules"]
        guard let root = roots.first(where: { FileManager.default.fileExists(atPath: $0) }),
            let version = try FileManager.default.contentsOfDirectory(atPath: root).sorted().first
        else { throw CommandFailure("\(kernelFolder) holds no kernel package's lib/modules", code: .badData) }
        var order: [String] = []
        for module in Self.modules {
            let name = URL(fileURLWithPath: module).lastPathComponent + ".ko"
            let path = "\(root)/\(version)/kernel/\(module).ko"
            guard FileManager.default.fileExists(atPath: path) else { continue }
            try add(path, as: "lib/modules/\(name)", named: name, isExecutable: false, to: &archive, &digests)
            order.append(name)
        }
        archive.add("lib/modules/order", Array(order.map { $0 + "\n" }.joined().utf8))
        return version
    }
}

/// Programs that do a part of the work.
enum Tool {
    /// - Throws: ``CommandFailure`` when the program is missing or fails.
    static func run(_ name: String, _ arguments: [String]) throws {
        _ = try output(name, arguments)
    }

    /// What a program prints.
    static func output(_ name: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        do {
            try process.run()
        } catch {
            throw CommandFailure("\(name) cannot be started", code: .failed)
        }
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailure("\(name) failed; is it installed?", code: .failed)
        }
        return String(decoding: data, as: UTF8.self)
    }
}
