/// What the task's permitted queries cost and answered.
extension VerifiedConnection {
    /// `GET /queries`: names, prices and expected errors.
    public func queries() async throws -> [UInt8] { try await get("/queries") }

    /// `GET /queries/NAME`: the recorded answer.
    public func query(_ name: String) async throws -> [UInt8] {
        try await get("/queries/\(VerifiedConnection.escaped(name))")
    }
}

/// The signed report of a finished task.
extension VerifiedConnection {
    /// `GET /report.json`.
    public func reportJSON() async throws -> [UInt8] { try await get("/report.json") }

    /// `GET /report.pdf`.
    public func reportPDF() async throws -> [UInt8] { try await get("/report.pdf") }
}
