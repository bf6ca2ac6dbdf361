import Foundation

/// Real files to begin with, where they are there: `ENTREPOT_DATA` names the folder of vectors and tables, `ENTREPOT_DEMO` one
/// that `entrepot demo` filled.
enum Seeds {
    /// Longer files only slow a fuzzer down.
    private static let longest = 200_000

    private static func folder(_ variable: String) -> URL? {
        ProcessInfo.processInfo.environment[variable].map { URL(fileURLWithPath: $0) }
    }

    private static func contents(_ url: URL) -> [UInt8]? {
        (try? Data(contentsOf: url)).flatMap { $0.count <= longest ? Array($0) : nil }
    }

    /// The files of a folder of the data that end so, in the order of their names.
    static func data(_ path: String, _ endings: [String], most: Int = 20) -> [[UInt8]] {
        guard let folder = folder("ENTREPOT_DATA")?.appendingPathComponent(path) else { return [] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().filter { name in endings.contains { name.hasSuffix("." + $0) } }.prefix(most).compactMap {
            contents(folder.appendingPathComponent($0))
        }
    }

    /// Files of a demonstration, by name.
    static func demo(_ names: [String]) -> [[UInt8]] {
        guard let folder = folder("ENTREPOT_DEMO") else { return [] }
        return names.compactMap { contents(folder.appendingPathComponent($0)) }
    }

    /// Every file below a folder of a demonstration.
    static func demo(under path: String, most: Int) -> [[UInt8]] {
        guard let folder = folder("ENTREPOT_DEMO")?.appendingPathComponent(path) else { return [] }
        let names = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return names.sorted().compactMap { contents(folder.appendingPathComponent($0)) }.suffix(most)
    }
}
