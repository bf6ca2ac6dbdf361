import Client
import Foundation
import Testing

@Suite("Streams, live", .serialized, .timeLimit(.minutes(30)), .live)
struct StreamingTests {
    private struct Enough: Error {}

    @Test("rows without end take no memory: who stops reading stops the sampler, and who goes away ends it")
    func backPressure() async {
        // In a process of its own: beside it, other tests take memory.
        await #expect(processExitsWith: .success) {
            try await withService(try TestTask.workshop()) { live in
                try await live.train()
                let before = try residentMegabytes()
                for _ in 0..<3 {
                    var bytes = 0
                    await #expect(throws: Enough.self) {
                        try await live.asParty("Carol") { connection in
                            _ = try await connection.samples(.init(rows: 4_000_000_000)) { piece in
                                bytes += piece.count
                                // A reader that is slower than the sampler.
                                Thread.sleep(forTimeInterval: 0.005)
                                if bytes > 1_000_000 { throw Enough() }
                            }
                        }
                    }
                }
                let grown = try residentMegabytes() - before
                #expect(grown < 100, "\(grown) MB")
                let status = try await live.asParty("Carol") { try await $0.status() }
                #expect(status.isTrained)
            }
        }
    }

    @Test("the first rows of a seed are the same however many are asked for, in every format")
    func prefixes() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await live.train()
            let carol = try await RawCalls(live, as: "Carol")
            let few = try await carol("/samples?num_samples=10&seed=5").body
            let many = try await carol("/samples?num_samples=3000&seed=5").body
            #expect(many.hasPrefix(few))
            let other = try await carol("/samples?num_samples=3000&seed=6").body
            #expect(other != many)
            let lines = try await carol("/samples?num_samples=10&seed=5&format=ndjson").body.split(separator: "\n")
            #expect(lines.count == 10)
            let columns = try await carol("/samples?num_samples=10&seed=5&columns=Bob_value,Alice_doors").body
            #expect(columns.hasPrefix("Bob_value,Alice_doors\n"))
            #expect(try await carol("/samples?columns=id").status == 422)
            #expect(try await carol("/samples?seed=-1").status == 422)
        }
    }

    @Test("64 clients at once each get their answer")
    func manyClients() async throws {
        try await withService(try TestTask.workshop()) { live in
            try await withThrowingTaskGroup(of: String.self) { group in
                for index in 0..<64 {
                    let party = ["Alice", "Bob", "Carol", "Olaf"][index % 4]
                    let configuration = live.client(party, memory: "\(index).json")
                    group.addTask {
                        try await VerifiedConnection.open(configuration) { try await $0.status().stage }
                    }
                }
                var stages: [String] = []
                for try await stage in group { stages.append(stage) }
                #expect(stages == [String](repeating: "collecting", count: 64))
            }
        }
    }
}

/// Memory of this process that is in use, in megabytes.
func residentMegabytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) / 1024
}
