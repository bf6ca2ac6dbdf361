import Client
import EngineCommands
import Foundation
import Service

/// What can be found out about a machine without changing anything on it.
enum MachineFindings {
    // MARK: - Processor, memory, hardware

    static func machine() -> [Finding] {
        var findings: [Finding] = []
        #if arch(x86_64)
            findings.append(
                ProcessorFeatures().refusal.map { Finding(.wrong, "processor", $0, "Use a newer machine") }
                    ?? Finding(.good, "processor", "has what entrepot needs (x86-64-v3)"))
        #endif
        let facts = lines("/proc/meminfo").reduce(into: [String: Int]()) { known, line in
            let words = line.split { $0 == ":" || $0 == " " }
            if words.count > 1 { known[String(words[0])] = Int(words[1]) }
        }
        if let available = facts["MemAvailable"] {
            let words = "\(available / 1024) MB are free"
            findings.append(
                available < 512 * 1024
                    ? Finding(.caution, "memory", words, "A fit of a million rows needs about a gigabyte")
                    : Finding(.good, "memory", words))
        }
        let swaps = lines("/proc/swaps").dropFirst()
        // The hard limit: `serve` raises its own to it.
        let isLocked = lines("/proc/self/limits").contains { line in
            line.hasPrefix("Max locked memory") && line.split(separator: " ").dropFirst(4).first == "unlimited"
        }
        if !swaps.isEmpty, !isLocked {
            findings.append(
                Finding(
                    .caution, "swap", "this machine swaps, and memory cannot be locked",
                    "Turn swap off, or raise the limit (LimitMEMLOCK=infinity; ulimit -l)"))
        } else {
            findings.append(Finding(.good, "swap", isLocked ? "memory can be locked" : "this machine does not swap"))
        }
        let devices = [
            ("/dev/nsm", "--attester nitro"), ("/sys/kernel/config/tsm/report", "--attester tsm"),
            ("/dev/tpmrm0", "--attester tpm"),
        ].filter { FileManager.default.fileExists(atPath: $0.0) }
        findings.append(
            devices.isEmpty
                ? Finding(
                    .caution, "hardware", "nothing here can attest",
                    "Only --attester simulated will work, which gives no confidentiality against the host")
                : Finding(.good, "hardware", devices.map { "\($0.0) (\($0.1))" }.joined(separator: ", ")))
        return findings
    }

    // MARK: - Clock

    static func clock() -> [Finding] {
        let now = Date()
        let program = (try? FileManager.default.attributesOfItem(atPath: "/proc/self/exe")[.modificationDate]) as? Date
        let exe = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let built = (try? FileManager.default.attributesOfItem(atPath: exe)[.modificationDate]) as? Date ?? program
        let shown = ISO8601DateFormatter.string(from: now, timeZone: .gmt, formatOptions: .withInternetDateTime)
        if let built, now < built.addingTimeInterval(-60) {
            return [
                Finding(
                    .wrong, "clock", "it says \(shown), which is before this program was installed",
                    "Set the clock: certificates and deadlines follow it")
            ]
        }
        let keepers: Set = ["chronyd", "ntpd", "ntpsec", "systemd-timesyn", "openntpd", "phc2sys"]
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        let isKept =
            FileManager.default.fileExists(atPath: "/run/systemd/timesync/synchronized")
            || processes.contains { process in
                Int(process) != nil
                    && lines("/proc/\(process)/comm").first.map { keepers.contains(String($0)) } ?? false
            }
        guard isKept else {
            return [
                Finding(
                    .caution, "clock", "it says \(shown), and no program that keeps it right is seen",
                    "Run chrony or systemd-timesyncd: certificates and deadlines follow it")
            ]
        }
        return [Finding(.good, "clock", "\(shown), kept right by a program of this machine")]
    }

    // MARK: - Folders

    /// What a client remembers between runs.
    static func memory(_ path: String) -> [Finding] {
        let folder = (path as NSString).deletingLastPathComponent
        let files = FileManager.default
        guard files.fileExists(atPath: folder) else {
            return [Finding(.good, "remembered", "nothing yet (\(folder) is made when needed)")]
        }
        if let file = fileInPlace(of: folder, "remembered") { return [file] }
        guard files.isWritableFile(atPath: folder) else {
            return [
                Finding(
                    .wrong, "remembered", "\(folder) cannot be written, so no boot is remembered",
                    "Make it yours: chown $USER \(folder)")
            ]
        }
        guard files.fileExists(atPath: path) else {
            return [Finding(.good, "remembered", "nothing yet (\(folder))")]
        }
        guard (try? RememberedState(file: path)) != nil else {
            return [
                Finding(
                    .wrong, "remembered", "\(path) cannot be read",
                    "Keep a copy and ask why; without it a service that was exchanged is not noticed")
            ]
        }
        return [Finding(.good, "remembered", path)]
    }

    /// What is wrong where a file stands in the place of a folder; nil for a folder.
    private static func fileInPlace(of folder: String, _ what: String) -> Finding? {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), !isFolder.boolValue else {
            return nil
        }
        return Finding(.wrong, what, "\(folder) is a file and no folder", "Move it away, or name a folder")
    }

    /// The folder of a service.
    static func state(_ path: String) -> [Finding] {
        let files = FileManager.default
        guard files.fileExists(atPath: path) else {
            let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
            return [
                files.isWritableFile(atPath: parent)
                    ? Finding(.good, "state", "\(path) is made at the start")
                    : Finding(.wrong, "state", "\(path) cannot be made", "Make \(parent) writable for this user")
            ]
        }
        if let file = fileInPlace(of: path, "state") { return [file] }
        guard files.isWritableFile(atPath: path) else {
            return [Finding(.wrong, "state", "\(path) cannot be written", "chown it to the user of the service")]
        }
        var findings: [Finding] = []
        let mode = ((try? files.attributesOfItem(atPath: path)[.posixPermissions]) as? NSNumber)?.intValue ?? 0o700
        if mode & 0o077 != 0 {
            findings.append(
                Finding(
                    .caution, "state", "others can look into \(path)", "The service closes it at its start: chmod 700"))
        }
        if let free = (try? files.attributesOfFileSystem(forPath: path)[.systemFreeSize]) as? NSNumber {
            let megabytes = free.int64Value >> 20
            findings.append(
                megabytes < 100
                    ? Finding(
                        .wrong, "state", "\(megabytes) MB are free in \(path)",
                        "Make room: what cannot be recorded does not happen")
                    : Finding(.good, "state", "\(path): \(megabytes) MB are free"))
        }
        if let lock = FileHandle(forReadingAtPath: "\(path)/lock") {
            if flock(lock.fileDescriptor, LOCK_SH | LOCK_NB) != 0 {
                findings.append(
                    Finding(
                        .caution, "state", "a service runs on \(path)", "One service at a time holds a state folder"))
            }
            try? lock.close()
        }
        return findings
    }

    // MARK: - Network

    /// Whether something listens on a port of this machine already, by the kernel's own tables.
    static func listening(_ address: (host: String, port: Int), _ shown: String) -> Finding {
        let isTaken = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap(lines).contains { line in
            let fields = line.split(separator: " ")
            // sl, local address, remote address, state: 0A is LISTEN.
            guard fields.count > 3, fields[3] == "0A", let port = fields[1].split(separator: ":").last else {
                return false
            }
            return Int(port, radix: 16) == address.port
        }
        return isTaken
            ? Finding(
                .wrong, "network", "something listens on port \(address.port) already",
                "End it, or name another --listen")
            : Finding(.good, "network", "nothing listens on \(shown) yet")
    }

    /// Whether a socket to a parent can be had: vsock is there, or a folder for the socket's file.
    static func listening(to parent: ParentSocket) -> Finding {
        switch parent {
        case .vsock:
            return FileManager.default.fileExists(atPath: "/dev/vsock")
                ? Finding(.good, "network", "this kernel has vsock")
                : Finding(.wrong, "network", "this kernel has no vsock (/dev/vsock)", "Load its driver: modprobe vsock")
        case .unix(let path):
            if let found = try? FileManager.default.attributesOfItem(atPath: path) {
                return found[.type] as? FileAttributeType == .typeSocket
                    ? Finding(.caution, "network", "a socket lies at \(path)", "A service that listens there keeps it")
                    : Finding(.wrong, "network", "\(path) is a file of another kind", "Name another --listen")
            }
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
            return FileManager.default.isWritableFile(atPath: folder)
                ? Finding(.good, "network", "\(path) can be made")
                : Finding(.wrong, "network", "\(folder) is no folder that can be written to", "Name another --listen")
        }
    }

    private static func lines(_ path: String) -> [Substring] {
        (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n") ?? []
    }
}
