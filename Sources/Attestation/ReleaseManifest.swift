import Bytes
import Foundation

/// The measurements of the releases that a relying party accepts: `release.json`.
///
/// ```json
/// {"releases": [{"version": "1.2", "commit": "…", "measurements": {
///    "nitro": {"PCR0": "…", "PCR1": "…", "PCR2": "…"},
///    "sev-snp": {"MEASUREMENT": "…"}, "tdx": {"MRTD": "…", "RTMR1": "…"}}}],
///  "refused": {"1.1": "reads one row too many"}}
/// ```
/// An empty list accepts nothing.
public struct ReleaseManifest: Sendable, Equatable, Codable {
    /// One release: for each format, the registers that must be equal. Registers not listed are not looked at.
    public struct Release: Sendable, Equatable, Codable {
        /// What the release is called; `refused` names it.
        public var version: String
        /// The commit that it was built from, where it is told.
        public var commit: String?
        /// Format name → register name → lower-case hexadecimal.
        public var measurements: [String: [String: String]]

        /// - Parameter measurements: format name → register name → lower-case hexadecimal.
        public init(version: String, commit: String? = nil, measurements: [String: [String: String]]) {
            self.version = version
            self.commit = commit
            self.measurements = measurements
        }
    }

    /// Newest first.
    public var releases: [Release]
    /// Versions that are known to be bad, and why.
    public var refused: [String: String]?
    /// What is asked of platforms, whatever the release.
    public var platforms: PlatformPolicy?

    /// - Parameters:
    ///   - releases: newest first; none accepts nothing.
    ///   - refused: version → why nobody should talk to it.
    ///   - platforms: what is asked of platforms, whatever the release; nil asks nothing more.
    public init(releases: [Release], refused: [String: String]? = nil, platforms: PlatformPolicy? = nil) {
        self.releases = releases
        self.refused = refused
        self.platforms = platforms
    }

    /// Reads `release.json`, with the byte order mark that some editors put before it.
    ///
    /// - Throws: `DecodingError`, which says where the mistake stands. Unknown members are refused: a misspelt demand must not
    ///   be none.
    public init(json: some Sequence<UInt8>) throws {
        let bytes = DocumentText.afterSpace(Array(json))
        let fault: String? =
            switch JSONForm.fault(of: bytes) {
            case .malformed: "it is not JSON in UTF-8"
            case .duplicateName: "it has one name twice in one object"
            case .depth: "it nests too deep"
            case .marks: "it has a text of more marks on one letter than any language has"
            case nil: nil
            }
        if let fault { throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: fault)) }
        self = try JSONDecoder().decode(Strict.self, from: Data(bytes)).manifest
    }

    /// A list as others write it: with no members but those that are known, here and in each release.
    private struct Strict: Decodable {
        let manifest: ReleaseManifest

        init(from decoder: any Decoder) throws {
            try AnyName.check(decoder, ["releases", "refused", "platforms"])
            let container = try decoder.container(keyedBy: AnyName.self)
            var releases = try container.nestedUnkeyedContainer(forKey: AnyName("releases"))
            while !releases.isAtEnd {
                try AnyName.check(releases.superDecoder(), ["version", "commit", "measurements"])
            }
            manifest = try ReleaseManifest(from: decoder)
        }
    }

    /// The JSON text, keys sorted.
    public func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }
}

extension ReleaseManifest.Release {
    /// The registers without which a list of measurements says too little about what runs: one list for each kind of
    /// hardware that the format may be of.
    package static func requiredRegisters(_ format: EvidenceFormat) -> [[String]] {
        // The boot loader and kernel, what they were told, and the image's parts.
        let image = ["PCR4", "PCR9", "PCR11"]
        return switch format {
        case .nitro, .simulated: [["PCR0", "PCR1", "PCR2"]]
        case .tpm, .nitroTPM: [image]
        // What Azure starts the guest with, which has the TPM in it; its RTMRs are zero.
        case .azure: [["MEASUREMENT"] + image, ["MRTD"] + image]
        case .sevSNP: [["MEASUREMENT"]]
        case .tdx: [["MRTD", "RTMR0", "RTMR1", "RTMR2"]]
        }
    }

    /// Whether the release lists all that must be compared for a format.
    package func covers(_ format: EvidenceFormat) -> Bool {
        guard let expected = measurements[format.rawValue] else { return false }
        return Self.requiredRegisters(format).contains { $0.allSatisfy { expected[$0] != nil } }
    }

    /// Whether every register that the release lists is there and equal.
    func matches(_ evidence: VerifiedEvidence) -> Bool {
        guard covers(evidence.format), let expected = measurements[evidence.format.rawValue] else { return false }
        return expected.allSatisfy { name, text in
            guard let value = evidence[measurement: name] else { return false }
            return Hex.decode(text.utf8) == value
        }
    }
}
