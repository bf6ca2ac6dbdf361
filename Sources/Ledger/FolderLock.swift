import Foundation

/// One process at a time works in a state folder: a service in its own, an office of a secure sum in its own.
///
/// The system releases the lock when the process ends, however it ends.
public final class FolderLock: Sendable {
    /// Why a folder cannot be had.
    public enum Failure: Error, Sendable, Equatable {
        /// Another process, or another part of this one, has it.
        case inUse
        /// It cannot be made, closed to others or written.
        case unusable
    }

    private let descriptor: Int32

    /// Takes the lock of a folder, which is made where it is absent, and closed to everybody but its owner.
    ///
    /// - Parameter folder: a path; the lock is the file `lock` in it, which stays.
    public init(folder: String) throws(Failure) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .unusable
        }
        // The folder may have been there, open to others: it is closed before anything goes in.
        guard chmod(folder, 0o700) == 0 else { throw .unusable }
        descriptor = open("\(folder)/lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable }
        // `deinit` runs where an initializer throws with all properties set: a close here as well would be the second, of a
        // number that another thread may have by then.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse }
    }

    deinit { close(descriptor) }
}
