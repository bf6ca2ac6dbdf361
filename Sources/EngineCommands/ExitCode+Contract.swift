package import ArgumentParser

/// The exit codes that scripts rely on, beside 0 (done) and 64 (usage).
extension ExitCode {
    /// Something failed.
    package static let failed = ExitCode(1)
    /// The evidence is not authentic.
    package static let evidence = ExitCode(2)
    /// The evidence is authentic, and refused by policy.
    package static let policy = ExitCode(3)
    /// The evidence belongs to another connection.
    package static let channelBinding = ExitCode(4)
    /// The key is not the one that the task lists.
    package static let identity = ExitCode(5)
    /// What this client remembers contradicts what the service says.
    package static let rememberedState = ExitCode(6)
    /// The input data are bad.
    package static let badData = ExitCode(65)
}
