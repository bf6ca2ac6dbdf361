import Foundation

/// A file or folder of the data that are no part of this repository; nil where it is absent. They lie in the folder that
/// `ENTREPOT_DATA` names, or in `shared/data` beside the package.
func sharedData(_ path: String) -> URL? {
    let package = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let places = [
        ProcessInfo.processInfo.environment["ENTREPOT_DATA"].map { URL(fileURLWithPath: $0) },
        package.deletingLastPathComponent().appending(path: "shared/data"),
    ]
    return places.compactMap { $0?.appending(path: path) }.first { FileManager.default.fileExists(atPath: $0.path) }
}
