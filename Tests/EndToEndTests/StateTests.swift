import Attestation
import Client
import Foundation
import Tasks
import Testing

@testable import Service

@Suite("Where the state lies, live", .serialized, .timeLimit(.minutes(30)), .live)
struct StateTests {
    @Test("evidence, details and card say whether the state is on a disk", arguments: [true, false])
    func said(isOnDisk: Bool) async throws {
        try await withService(try TestTask.workshop(), keepsState: isOnDisk) { live in
            let word = isOnDisk ? "disk" : "memory"
            let details = try await RawCalls(live, as: "Carol")("/details").object
            #expect(details["state"] as? String == word)
            try await live.asParty("Alice") { connection in
                #expect(connection.statement.flags.contains(.stateOnDisk) == isOnDisk)
                let card = ConnectionCard(connection)
                #expect(String(decoding: card.json(), as: UTF8.self).contains("\"state\" : \"\(word)\""))
                #expect(card.lines.contains { $0.hasPrefix("state         ") && $0.contains(word) })
            }
        }
    }

    @Test("a client that demands memory refuses a disk", arguments: [true, false])
    func demanded(isOnDisk: Bool) async throws {
        try await withService(try TestTask.workshop(), keepsState: isOnDisk) { live in
            var configuration = live.client("Alice")
            configuration.trust.demandsStateInMemory = true
            do {
                try await VerifiedConnection.open(configuration) { _ in }
                #expect(!isOnDisk)
            } catch let error as ClientError {
                #expect(error == .refused([.stateOnDisk]) && error.exitCode == 3 && isOnDisk)
            }
        }
    }

    /// An attester that claims hardware and is asked for nothing.
    private struct Hardware: Attester {
        let format: EvidenceFormat

        func evidence(spki: [UInt8], nonce: [UInt8], statement: Statement) async throws -> Evidence {
            throw CancellationError()
        }
    }

    @Test(
        "an attester of hardware takes no state folder, and makes none",
        arguments: [.nitro, .sevSNP, .tdx] as [EvidenceFormat])
    func hardware(_ format: EvidenceFormat) throws {
        let task = try TestTask.workshop()
        let folder = FileManager.default.temporaryDirectory.appending(path: "entrepot-\(UUID().uuidString)")
        func configuration(_ state: String?) -> ServiceConfiguration {
            ServiceConfiguration(
                specification: task.specification, signatures: task.signatures, attester: Hardware(format: format),
                buildManifest: [1], port: 0, stateDirectory: state, logger: .quiet)
        }
        #expect(throws: ServiceError.stateOnDisk) { try EntrepotService(configuration(folder.path)) }
        #expect(!FileManager.default.fileExists(atPath: folder.path))
        _ = try EntrepotService(configuration(nil))
        #expect("\(ServiceError.stateOnDisk)".contains("sealing the state to the measurement is not built"))
    }

    @Test("serve --attester nitro --state is refused with a sentence", .enabled(if: Program.isBuilt, Program.absence))
    func command() async throws {
        for attester in ["nitro", "tsm"] {
            let outcome = try await Program.run([
                "serve", "--task", "absent.yaml", "--attester", attester, "--state", "x",
            ])
            #expect(outcome.code == 64 && outcome.talk.contains("one boot is one task"), "\(outcome.talk)")
        }
    }
}
