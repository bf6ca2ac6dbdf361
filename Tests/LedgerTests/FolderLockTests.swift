import Foundation
import Testing

@testable import Ledger

@Suite("The lock of a state folder")
struct FolderLockTests {
    /// A path in a folder that goes when the test ends.
    private func withPath(_ body: (String) throws -> Void) rethrows {
        let parent = FileManager.default.temporaryDirectory.appending(path: "lock-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: parent) }
        try body(parent + "/state")
    }

    private func permissions(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }

    @Test("one holder at a time, and the next one once it is gone")
    func one() throws {
        try withPath { folder in
            do {
                let lock = try FolderLock(folder: folder)
                for _ in 0..<50 {
                    #expect(throws: FolderLock.Failure.inUse) { try FolderLock(folder: folder) }
                }
                withExtendedLifetime(lock) {}
            }
            _ = try FolderLock(folder: folder)
        }
    }

    /// Each refusal closes the file that it opened, once: a second close would hit a file that another thread opened.
    @Test("refusals beside threads that open files close none of theirs")
    func descriptors() throws {
        try withPath { folder in
            let lock = try FolderLock(folder: folder)
            DispatchQueue.concurrentPerform(iterations: 4) { thread in
                for _ in 0..<2_000 {
                    if thread % 2 == 0 {
                        #expect(throws: FolderLock.Failure.inUse) { try FolderLock(folder: folder) }
                    } else {
                        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
                        #expect(descriptor >= 0)
                        #expect(close(descriptor) == 0)
                    }
                }
            }
            withExtendedLifetime(lock) {}
        }
    }

    @Test("the folder is its owner's alone, made or found")
    func closed() throws {
        try withPath { folder in
            _ = try FolderLock(folder: folder)
            #expect(try permissions(folder) == 0o700)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
            _ = try FolderLock(folder: folder)
            #expect(try permissions(folder) == 0o700)
            #expect(try permissions(folder + "/lock") == 0o600)
        }
    }

    @Test("a path that is no folder, or lies below a file, is refused")
    func unusable() throws {
        try withPath { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let file = folder + "/file"
            #expect(FileManager.default.createFile(atPath: file, contents: Data()))
            for path in [file, file + "/below", ""] {
                #expect(throws: FolderLock.Failure.unusable) { try FolderLock(folder: path) }
            }
        }
    }
}
