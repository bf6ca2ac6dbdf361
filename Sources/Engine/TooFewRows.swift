public import PrivacyKernel

/// Fewer rows came together than the task asks for, by the noisy count that was released first. Nothing else was drawn.
public struct TooFewRows: Error, Sendable, Equatable {
    /// What the task asks for.
    public let least: Int
    /// The one release.
    public let transcript: Transcript

    public init(least: Int, transcript: Transcript) {
        self.least = least
        self.transcript = transcript
    }
}

extension TooFewRows: CustomStringConvertible {
    public var description: String {
        "Fewer than \(least) rows came together, by a noisy count. The task is over; the count alone has been spent."
    }
}
