import Foundation
import Tasks

/// What survives a restart besides the ledger: signatures and the fitted model, never a table.
///
/// One service at a time holds a directory; files appear complete or not at all.
struct StateDirectory: Sendable {
    let path: String
    private let lock: FileLock

    /// Opens a directory, made where it is absent, readable by its owner only.
    ///
    /// - Throws: `ServiceError.stateInUse` if another service holds it.
    init(path: String) throws(ServiceError) {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .stateUnusable(path: path)
        }
        // The folder may have been there, open to others: it is closed before anything goes in.
        guard chmod(path, 0o700) == 0 else { throw .stateUnusable(path: path) }
        lock = try FileLock(path: "\(path)/lock")
    }

    static let modelName = "task.model"

    private var modelPath: String { "\(path)/\(StateDirectory.modelName)" }

    /// Forgets the model.
    func removeModel() { try? FileManager.default.removeItem(atPath: modelPath) }

    /// The signature files that were handed in.
    func signatureFiles() -> [[UInt8]] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".sig") }.sorted().compactMap { name in
            FileManager.default.contents(atPath: "\(path)/\(name)").map(Array.init)
        }
    }

    /// Keeps a signature. Names of parties are plain words; anything else is written as hexadecimal.
    func keep(_ signature: TaskSignature) throws(ServiceError) {
        let isPlain = signature.party.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        let name = isPlain ? signature.party : Array(signature.party.utf8).hexadecimal
        try write(signature.fileBytes, to: "\(name).sig")
    }

    /// Keeps the model, for people: no service reads it again. What the file holds appears complete or not at all.
    func keep(model: [UInt8]) throws(ServiceError) { try write(model, to: StateDirectory.modelName) }

    private func write(_ bytes: [UInt8], to name: String) throws(ServiceError) {
        do {
            // Complete or not at all, and never for others to read.
            let (fresh, file) = ("\(path)/\(name).new", "\(path)/\(name)")
            unlink(fresh)
            let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw ServiceError.stateUnusable(path: path) }
            let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
            try handle.write(contentsOf: Data(bytes))
            try handle.synchronize()
            try handle.close()
            guard rename(fresh, file) == 0 else { throw ServiceError.stateUnusable(path: path) }
        } catch {
            throw .stateUnusable(path: path)
        }
    }
}

/// A lock that the system releases when the process ends, however it ends.
private final class FileLock: Sendable {
    private let descriptor: Int32

    init(path: String) throws(ServiceError) {
        descriptor = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .stateUnusable(path: path) }
        // `deinit` runs where an initializer throws with all properties set: a close here as well would be the second, of a
        // number that another thread may have by then.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .stateInUse(path: path) }
    }

    deinit { close(descriptor) }
}
