import Bytes
import Crypto
import Foundation

/// What was built: the bytes whose SHA-256 stands in every statement as `build`.
///
/// An image's builder writes one with the digests of everything that went in (`build.json`), and hands it out beside the
/// image, so that the digest can be looked up. A program that runs outside of an image names itself: the digest of its own
/// file and the system that it runs on, which anybody who has both can compute again.
public struct BuildManifest: Sendable, Equatable, Codable {
    /// `entrepot`.
    public var name: String
    /// SHA-256 of each part, in hexadecimal, by the part's name: `program`, `kernel`, `ramdisk`, and each library.
    public var parts: [String: String]
    /// What the parts were made with: the version of the kernel, the system's name.
    public var made: [String: String]

    public init(parts: [String: String], made: [String: String] = [:]) {
        name = "entrepot"
        self.parts = parts
        self.made = made
    }

    /// The JSON text: keys sorted, one form, so that equal manifests have equal digests.
    public var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return ((try? encoder.encode(self)).map { Array($0) } ?? []) + [0x0A]
    }

    /// The manifest of the running program.
    public static func ofThisProcess() -> [UInt8] {
        let program = digest(ofFile: "/proc/self/exe")
        let system = digest(ofFile: "/etc/os-release")
        return BuildManifest(
            parts: ["program": program ?? "unreadable"], made: system.map { ["system_sha256": $0] } ?? [:]
        ).json
    }

    /// SHA-256 of a file in hexadecimal, read in blocks; nil if it cannot be read.
    public static func digest(ofFile path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        var hash = SHA256()
        do {
            while let block = try file.read(upToCount: 1 << 20), !block.isEmpty { hash.update(data: block) }
        } catch {
            return nil
        }
        return Hex.encode(hash.finalize())
    }
}
