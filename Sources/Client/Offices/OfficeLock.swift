import Foundation

/// One process at a time works in an office's state folder. The system releases the lock when the process ends, however it
/// ends.
public final class OfficeLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock of a folder, which is made where it is absent, readable by its owner only.
    ///
    /// - Throws: `ClientError.stateInUse` where another process has it, `ClientError.unwritable`.
    public init(directory: String) throws(ClientError) {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .unwritable(path: directory)
        }
        descriptor = open("\(directory)/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unwritable(path: directory) }
        // `deinit` runs where an initializer throws with all properties set: a close here as well would be the second, of a
        // number that another thread may have by then.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .stateInUse(path: directory) }
    }

    deinit { close(descriptor) }
}
