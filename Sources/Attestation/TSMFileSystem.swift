/// The part of a file system that configfs-tsm needs. A fake of it can race as the kernel's does.
public protocol TSMFileSystem: Sendable {
    /// - Throws: `AttesterError.tsmFileSystem` or `.tsmMissing`, as all calls here.
    func makeDirectory(_ name: String) throws(AttesterError)
    func removeDirectory(_ name: String) throws(AttesterError)
    /// The whole of an attribute.
    func read(_ name: String, _ attribute: String) throws(AttesterError) -> [UInt8]
    /// All bytes in one write.
    func write(_ bytes: [UInt8], _ name: String, _ attribute: String) throws(AttesterError)
}

/// `/sys/kernel/config/tsm/report` of Linux 6.7 and later. It has not met hardware yet.
public struct LinuxTSMFileSystem: TSMFileSystem {
    let root: String
    /// More than any report with its certificates takes.
    static let limit = 1 << 20

    /// - Parameter root: the folder in which an entry is a folder.
    public init(root: String = "/sys/kernel/config/tsm/report") {
        self.root = root
    }

    /// Makes an entry.
    public func makeDirectory(_ name: String) throws(AttesterError) {
        try named { () throws(LinuxFile.Failure) in try LinuxFile.makeDirectory("\(root)/\(name)") }
    }

    /// Removes an entry.
    public func removeDirectory(_ name: String) throws(AttesterError) {
        try named { () throws(LinuxFile.Failure) in try LinuxFile.removeDirectory("\(root)/\(name)") }
    }

    /// Reads an attribute of an entry, however long it is, up to 1 MiB.
    public func read(_ name: String, _ attribute: String) throws(AttesterError) -> [UInt8] {
        try named { () throws(LinuxFile.Failure) in
            try LinuxFile.read("\(root)/\(name)/\(attribute)", limit: LinuxTSMFileSystem.limit)
        }
    }

    /// Writes an attribute of an entry in one call, as the kernel wants it.
    public func write(_ bytes: [UInt8], _ name: String, _ attribute: String) throws(AttesterError) {
        try named { () throws(LinuxFile.Failure) in
            try LinuxFile.write(bytes, to: "\(root)/\(name)/\(attribute)")
        }
    }

    private func named<T>(_ call: () throws(LinuxFile.Failure) -> T) throws(AttesterError) -> T {
        do {
            return try call()
        } catch {
            throw error.isMissing ? .tsmMissing : .tsmFileSystem(errno: error.errno)
        }
    }
}
