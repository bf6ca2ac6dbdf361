import Foundation

/// The Swift files of a folder of this repository.
struct SourceTree {
    /// Text by path, relative to the folder.
    var files: [String: String] = [:]

    init(_ folder: String) throws {
        let root = Self.root.appending(path: folder)
        let paths = FileManager.default.enumerator(atPath: root.path())?.compactMap { $0 as? String } ?? []
        for path in paths where path.hasSuffix(".swift") {
            files[path] = try String(contentsOf: root.appending(path: path), encoding: .utf8)
        }
    }

    /// The repository's folder.
    static var root: URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    }
}
