/// A ramdisk in the kernel's archive form (cpio, `newc`) that depends on its files alone: names sorted, owner and time zero.
///
/// Source: Linux, Documentation/driver-api/early-userspace/buffer-format.rst.
public struct RamdiskArchive: Sendable {
    private enum Node {
        case directory
        case file([UInt8], isExecutable: Bool)
    }

    private var nodes: [String: Node] = [:]

    /// An archive of nothing.
    public init() {}

    /// Adds a file, and the folders above it.
    /// - Parameter path: from the root, without the first slash.
    public mutating func add(_ path: String, _ content: [UInt8], isExecutable: Bool = false) {
        addFolders(above: path)
        nodes[path] = .file(content, isExecutable: isExecutable)
    }

    /// Adds an empty folder, and those above it.
    public mutating func add(folder path: String) {
        addFolders(above: path)
        nodes[path] = .directory
    }

    private mutating func addFolders(above path: String) {
        let parts = path.split(separator: "/")
        for count in 1..<max(parts.count, 1) {
            nodes[parts.prefix(count).joined(separator: "/")] = .directory
        }
    }

    /// The archive, without compression.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        for (index, (path, node)) in nodes.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
            .enumerated()
        {
            let (mode, content): (UInt32, [UInt8]) =
                switch node {
                case .directory: (0o040755, [])
                case .file(let content, let isExecutable): (isExecutable ? 0o100755 : 0o100644, content)
                }
            RamdiskArchive.append(path, mode: mode, number: UInt32(index + 1), content, to: &bytes)
        }
        RamdiskArchive.append("TRAILER!!!", mode: 0, number: 0, [], to: &bytes)
        return bytes
    }

    private static func append(
        _ name: String, mode: UInt32, number: UInt32, _ content: [UInt8], to bytes: inout [UInt8]
    ) {
        let isFolder = mode & 0o170000 == 0o040000
        // Number, mode, owner, group, links, time, size, four device numbers, length of the name, checksum.
        let words: [UInt32] = [
            number, mode, 0, 0, isFolder ? 2 : 1, 0, UInt32(content.count), 0, 0, 0, 0, UInt32(name.utf8.count + 1), 0,
        ]
        bytes += Array("070701".utf8)
        for word in words {
            let digits = String(word, radix: 16)
            bytes += Array((String(repeating: "0", count: 8 - digits.utf8.count) + digits).utf8)
        }
        bytes += Array(name.utf8) + [0]
        pad(&bytes)
        bytes += content
        pad(&bytes)
    }

    private static func pad(_ bytes: inout [UInt8]) {
        bytes += [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    }
}
