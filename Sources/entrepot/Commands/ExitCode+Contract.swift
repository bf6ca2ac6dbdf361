import ArgumentParser

/// The exit codes that scripts rely on, beside 0 (done) and 64 (usage).
extension ExitCode {
    /// Something failed.
    static let failed = ExitCode(1)
    /// The evidence is not authentic.
    static let evidence = ExitCode(2)
    /// The evidence is authentic, and refused by policy.
    static let policy = ExitCode(3)
    /// The evidence belongs to another connection.
    static let channelBinding = ExitCode(4)
    /// The key is not the one that the task lists.
    static let identity = ExitCode(5)
    /// What this client remembers contradicts what the service says.
    static let rememberedState = ExitCode(6)
    /// The input data are bad.
    static let badData = ExitCode(65)
}
