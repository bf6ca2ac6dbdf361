import Foundation
import Ledger
import Tasks

/// What survives a restart besides the ledger: signatures and the fitted model, never a table.
///
/// One service at a time holds a directory; files appear complete or not at all.
struct StateDirectory: Sendable {
    let path: String
    private let lock: FolderLock

    /// Opens a directory, made where it is absent, readable by its owner only.
    ///
    /// - Throws: `ServiceError.stateInUse` if another service holds it, `ServiceError.stateUnusable`.
    init(path: String) throws(ServiceError) {
        self.path = path
        do {
            lock = try FolderLock(folder: path)
        } catch {
            throw error == .inUse ? .stateInUse(path: path) : .stateUnusable(path: path)
        }
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
