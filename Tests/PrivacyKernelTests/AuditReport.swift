import Foundation

/// One part of the audit's report, written where `make audit` asks for it.
enum AuditReport {
    static func write(_ name: String, _ text: String) throws {
        guard let folder = ProcessInfo.processInfo.environment["ENTREPOT_AUDIT_REPORT"] else { return }
        try (text + "\n").write(toFile: "\(folder)/\(name).md", atomically: true, encoding: .utf8)
    }
}
