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

    /// Reads `release.json`.
    public init(json: some Sequence<UInt8>) throws {
        let bytes = Array(json)
        guard JSONForm.fault(of: bytes) != .duplicateName else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: [], debugDescription: "it has one name twice in one object"))
        }
        self = try JSONDecoder().decode(ReleaseManifest.self, from: Data(bytes))
    }

    /// The JSON text, keys sorted.
    public func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }
}

extension ReleaseManifest.Release {
    /// The registers without which a list of measurements says too little about what runs.
    static func requiredRegisters(_ format: EvidenceFormat) -> [String] {
        switch format {
        case .nitro, .simulated: ["PCR0", "PCR1", "PCR2"]
        // The boot loader and kernel, what they were told, and the image's parts.
        case .tpm, .nitroTPM: ["PCR4", "PCR9", "PCR11"]
        case .azure: ["MEASUREMENT", "PCR4", "PCR9", "PCR11"]
        case .sevSNP: ["MEASUREMENT"]
        case .tdx: ["MRTD", "RTMR0", "RTMR1", "RTMR2"]
        }
    }

    /// Whether the release lists all that must be compared for a format.
    func covers(_ format: EvidenceFormat) -> Bool {
        guard let expected = measurements[format.rawValue] else { return false }
        return Self.requiredRegisters(format).allSatisfy { expected[$0] != nil }
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
