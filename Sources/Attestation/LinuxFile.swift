#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The few system calls that device files need: one `open`, one `write` for all bytes, `read` to the end.
///
/// Foundation's file handles look at sizes that such files do not tell the truth about.
enum LinuxFile {
    /// The number of the system's error.
    struct Failure: Error {
        let errno: Int32
        var isMissing: Bool { errno == ENOENT }
    }

    static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
        let file = try open(path, O_RDONLY)
        defer { close(file) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = retrying { Self.systemRead(file, &block) }
            guard count >= 0 else { throw Failure(errno: errno) }
            guard count > 0 else { return bytes }
            guard bytes.count + count <= limit else { throw Failure(errno: EFBIG) }
            bytes += block[0..<count]
        }
    }

    /// Writes in one call, because configfs takes a call for a whole value.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let file = try open(path, O_WRONLY)
        defer { close(file) }
        let count = retrying { systemWrite(file, bytes) }
        guard count >= 0 else { throw Failure(errno: errno) }
        guard count == bytes.count else { throw Failure(errno: EIO) }
    }

    /// Writes in one call to an open file: a command to a device.
    static func writeOnce(_ bytes: [UInt8], to file: Int32) throws(Failure) {
        let count = retrying { systemWrite(file, bytes) }
        guard count >= 0 else { throw Failure(errno: errno) }
        guard count == bytes.count else { throw Failure(errno: EIO) }
    }

    /// Reads in one call from an open file: a device's answer.
    static func readOnce(_ file: Int32, limit: Int) throws(Failure) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: limit)
        let count = retrying { Self.systemRead(file, &block) }
        guard count >= 0 else { throw Failure(errno: errno) }
        return Array(block[0..<count])
    }

    static func makeDirectory(_ path: String) throws(Failure) {
        guard mkdir(path, 0o700) == 0 else { throw Failure(errno: errno) }
    }

    static func removeDirectory(_ path: String) throws(Failure) {
        guard rmdir(path) == 0 else { throw Failure(errno: errno) }
    }

    static func open(_ path: String, _ flags: Int32) throws(Failure) -> Int32 {
        #if canImport(Glibc)
            let file = Glibc.open(path, flags | O_CLOEXEC)
        #elseif canImport(Musl)
            let file = Musl.open(path, flags | O_CLOEXEC)
        #endif
        guard file >= 0 else { throw Failure(errno: errno) }
        return file
    }

    private static func retrying(_ call: () -> Int) -> Int {
        while true {
            let result = call()
            if result >= 0 || errno != EINTR { return result }
        }
    }

    private static func systemRead(_ file: Int32, _ block: inout [UInt8]) -> Int {
        #if canImport(Glibc)
            Glibc.read(file, &block, block.count)
        #elseif canImport(Musl)
            Musl.read(file, &block, block.count)
        #endif
    }

    private static func systemWrite(_ file: Int32, _ bytes: [UInt8]) -> Int {
        #if canImport(Glibc)
            Glibc.write(file, bytes, bytes.count)
        #elseif canImport(Musl)
            Musl.write(file, bytes, bytes.count)
        #endif
    }
}
