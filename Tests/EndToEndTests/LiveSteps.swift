import Client
import Foundation
import Testing

/// Steps that many tests take with a live service of the workshop.
extension LiveService {
    /// Both providers upload and confirm over verified connections, and the fit comes to its end.
    func train() async throws {
        for (party, text) in [("Alice", Cars.alice()), ("Bob", Cars.bob())] {
            let file = try file("\(party).csv", text)
            try await asParty(party) { connection in
                let receipt = try await connection.upload(file: file)
                _ = try await connection.confirm(digest: receipt.sha256)
            }
        }
        let status = try await asParty("Alice") { try await $0.waitForModel(upTo: 300) }
        #expect(status.isTrained)
    }

    /// The same by programs that know nothing of evidence.
    ///
    /// Each value stands in 125 or more of the 500 rows, 20 standard deviations of the workshop's noise: tests ask for rows with
    /// a value, and a model of 50 rows lost one of them to the noise in about 1 run of 50.
    func trainByCurl() async throws {
        let ids = 1..<501
        for (party, text) in [("Alice", Cars.alice(ids)), ("Bob", Cars.bob(ids))] {
            let calls = try await RawCalls(self, as: party)
            #expect(try await calls.upload(text).status == 200)
            #expect(try await calls("/confirm_data").status == 200)
        }
        try await waitForModel(try await RawCalls(self, as: "Alice"))
    }
}

/// Why a client goes no further; nil where nothing keeps it from `use`.
func refusal(
    _ configuration: ClientConfiguration, _ use: (VerifiedConnection) async throws -> Void = { _ in }
) async -> ClientError? {
    do {
        try await VerifiedConnection.open(configuration, use: use)
        return nil
    } catch let error as ClientError {
        return error
    } catch {
        Issue.record("\(error)")
        return nil
    }
}

/// Runs a local proxy, and hands its port to `use`.
func withProxy(
    _ configuration: ClientConfiguration, asksFirst: Bool = false, _ use: (Int) async throws -> Void
) async throws {
    let proxy = try LocalProxy(configuration, port: 0, asksFirst: asksFirst)
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let running = Task {
        defer { continuation.finish() }
        try await proxy.run(verified: { _ in }, listening: { continuation.yield($0) })
    }
    defer { running.cancel() }
    var iterator = ports.makeAsyncIterator()
    guard let port = await iterator.next() else { return try await running.value }
    try await use(port)
}
