import Foundation

/// A file on its way to the service over as many verified connections as it takes: where one breaks, the next
/// continues.
public struct PatientUpload: Sendable {
    private let configuration: ClientConfiguration
    private let path: String
    /// Seconds to wait after each consecutive break without progress.
    private let pauses: [Double]

    /// - Parameters:
    ///   - path: the file to send.
    ///   - pauses: seconds to wait after each consecutive break without progress; where they end, the upload fails.
    public init(_ configuration: ClientConfiguration, file path: String, pauses: [Double] = [1, 2, 5, 10, 20, 30, 30]) {
        self.configuration = configuration
        self.path = path
        self.pauses = pauses
    }

    /// What happens during an upload.
    public enum Event: Sendable {
        /// Bytes that the service has, and bytes of the whole.
        case sent(Int, of: Int)
        /// The connection broke; the next attempt follows after this many seconds.
        case broke(ClientError, pause: Double)
    }

    /// Uploads the file.
    ///
    /// - Parameter told: called with each event.
    /// - Returns: what the service says about the table, and where the receipts of the ledger are kept.
    /// - Throws: `ClientError`, also if breaks do not end.
    public func run(
        _ told: (Event) -> Void
    ) async throws -> (receipt: VerifiedConnection.UploadReceipt, receipts: String) {
        var breaks = 0
        var furthest = 0
        var wasConnected = false
        while true {
            do {
                return try await VerifiedConnection.open(configuration) { connection in
                    wasConnected = true
                    let receipt = try await connection.upload(file: path) { sent, size in
                        if sent > furthest { (furthest, breaks) = (sent, 0) }
                        told(.sent(sent, of: size))
                    }
                    return (receipt, connection.receiptsDirectory)
                }
            } catch let error as ClientError where wasConnected && error.mayPass && breaks < pauses.count {
                let pause = pauses[breaks]
                breaks += 1
                told(.broke(error, pause: pause))
                try await Task.sleep(for: .seconds(pause))
            }
        }
    }
}

extension ClientError {
    /// Whether the same may succeed on another connection.
    fileprivate var mayPass: Bool {
        switch self {
        case .unreachable, .brokenConnection: true
        case .service(let problem): ["busy", "incomplete", "too_slow", "wrong_offset"].contains(problem.code)
        default: false
        }
    }
}
