/// Intel's word on the patch level of a platform, best first.
public enum TCBStatus: String, Sendable, Codable, CaseIterable, Comparable {
    case upToDate = "UpToDate"
    case softwareHardeningNeeded = "SWHardeningNeeded"
    case configurationNeeded = "ConfigurationNeeded"
    case configurationAndSoftwareHardeningNeeded = "ConfigurationAndSWHardeningNeeded"
    case outOfDate = "OutOfDate"
    case outOfDateConfigurationNeeded = "OutOfDateConfigurationNeeded"
    case revoked = "Revoked"

    private var rank: Int { TCBStatus.allCases.firstIndex(of: self) ?? TCBStatus.allCases.count }

    /// Better before worse.
    public static func < (left: TCBStatus, right: TCBStatus) -> Bool { left.rank < right.rank }

    /// What a platform is worth when a part of it has another status: an old part makes the whole out of date, and keeps
    /// the demand for configuration (Intel DCAP, `convergeTcbStatusWithQeTcbStatus`).
    func converged(with part: TCBStatus) -> TCBStatus {
        if self == .revoked || part == .revoked { return .revoked }
        guard part == .outOfDate else { return max(self, part) }
        switch self {
        case .configurationNeeded, .configurationAndSoftwareHardeningNeeded, .outOfDateConfigurationNeeded:
            return .outOfDateConfigurationNeeded
        default: return .outOfDate
        }
    }
}
