import Attestation
import Client
import Foundation
import PrivacyKernel
import Shards
import Tasks
import Testing

/// Three processes that count one table together, over TLS on this machine.
@Suite("Shards as processes", .serialized, .timeLimit(.minutes(20)), .live)
struct ShardTests {
    @Test(
        "all 105 pair tables of fifteen columns are those of memory and of blocks, and a model is fitted from them",
        .enabled(if: Program.isBuilt, Program.absence))
    func equal() async throws {
        try await ShardProcesses.run { shards in
            let (table, schema) = try shards.table(rows: 80_000)
            let counter = try await shards.counter(table)
            let counted = try await ShardProcesses.waiting { try ShardProcesses.pairs(Kernel(countedBy: counter)) }
            #expect(counted.count == 105 && counted[0].reduce(0, +) == 80_000)
            #expect(try counted == ShardProcesses.pairs(ShardProcesses.memory(table)))
            #expect(try counted == ShardProcesses.pairs(ShardProcesses.blocks(table)))
            counter.end()
            let model = shards.folder.appending(path: "table.model").path
            let fit = try await Program.run(
                [
                    "fit", "--table", table, "--schema", schema, "--synthesizer", "clique-tree", "--epsilon", "1",
                    "--engine", "shards", "--connect", shards.addresses.joined(separator: ","), "--key",
                    shards.keyFile, "--output", model,
                ] + shards.trust)
            #expect(fit.code == 0, "\(fit.talk)")
            #expect(fit.output.contains("3 shards at \(shards.addresses[0]), "), "\(fit.output)")
            #expect(fit.talk.contains("which are believed"))
            let sample = try await Program.run(["sample", model, "--rows", "10", "--seed", "1"])
            #expect(sample.code == 0 && sample.output.split(separator: "\n").count == 11, "\(sample.talk)")
        }
    }

    @Test(
        "a join of two parties by their keys is fitted, and a second row of a key is refused with its place",
        .enabled(if: Program.isBuilt, Program.absence))
    func task() async throws {
        try await ShardProcesses.run { shards in
            let task = try TestTask.workshop()
            let file = shards.folder.appending(path: "task.yaml")
            try Data(task.specification.canonicalBytes).write(to: file)
            let (alice, bob) = (shards.folder.appending(path: "a.csv"), shards.folder.appending(path: "b.csv"))
            try Data(Cars.alice().utf8).write(to: alice)
            try Data(Cars.bob().utf8).write(to: bob)
            func fit() async throws -> Program.Outcome {
                try await Program.run(
                    [
                        "fit", "--task", file.path, "--data", "Alice=\(alice.path)", "--data", "Bob=\(bob.path)",
                        "--engine", "shards", "--connect", shards.addresses.joined(separator: ","), "--key",
                        shards.keyFile, "--output", shards.folder.appending(path: "cars.model").path,
                    ] + shards.trust)
            }
            let good = try await fit()
            #expect(good.code == 0, "\(good.talk)")
            let lines = Cars.bob().split(separator: "\n")
            try Data((lines + [lines[3]]).joined(separator: "\n").utf8).write(to: bob)
            let bad = try await fit()
            #expect(bad.code == 65 && bad.output.isEmpty, "\(bad)")
            #expect(bad.talk.contains("\(bob.path): duplicate_key at row \(lines.count + 1)"), "\(bad.talk)")
            #expect(!bad.talk.contains("counted by"), "\(bad.talk)")
            #expect(bad.talk.contains("Row 4 has the same key"), "\(bad.talk)")
        }
    }

    @Test(
        "no row goes to a shard of another measurement, of another coordinator, or where nobody is",
        .enabled(if: Program.isBuilt, Program.absence))
    func trust() async throws {
        try await ShardProcesses.run { shards in
            var other = try shards.policy
            other.allowed = ReleaseManifest(releases: [
                .init(version: "x", measurements: ["simulated": ["PCR0": String(repeating: "ab", count: 48)]])
            ])
            let distrust = await #expect(throws: ShardDistrust.self) { try await shards.open(1, trust: other) }
            #expect(distrust?.shard == shards.addresses[1] && distrust?.exitCode == 3, "\(distrust!)")
            var untrusting = try shards.policy
            untrusting.allowSimulated = false
            let simulated = await #expect(throws: ShardDistrust.self) { try await shards.open(1, trust: untrusting) }
            #expect(simulated?.exitCode == 3)
            untrusting.roots = .vendors
            let forged = await #expect(throws: ShardDistrust.self) { try await shards.open(1, trust: untrusting) }
            #expect(forged?.exitCode == 2)
            // Whoever has another key is told nothing, not even evidence.
            let stranger = try PartyPrivateKey.generate(.p256)
            let lost = await #expect(throws: ShardError.self) { try await shards.open(1, key: stranger) }
            #expect(lost == .unverified(shard: shards.addresses[1]))
            #expect("\(lost!)".contains("public half of your --key"))
            let nobody = await #expect(throws: ShardError.self) {
                let address = ServiceAddress(host: "127.0.0.1", port: 1)
                let (key, trust) = (shards.key, try shards.policy)
                _ = try await ShardProcesses.waiting { try ShardConnection.open(address, key: key, trust: trust) }
            }
            #expect(nobody == .unreached(shard: "127.0.0.1:1", why: "Connection refused"))
            // They all go on.
            for place in 0..<3 { try await shards.open(place).close() }
        }
    }

    @Test(
        "hostile lengths and bytes end one connection, and the shard serves the next; a second coordinator waits",
        .enabled(if: Program.isBuilt, Program.absence))
    func hostile() async throws {
        try await ShardProcesses.run { shards in
            for (kind, count) in [(1, 2 << 20), (2, 1 << 10), (4, 1 << 10), (200, 5), (1, 100)] as [(UInt8, Int)] {
                let link = try await shards.open(0)
                let answer = try? await ShardProcesses.waiting {
                    try link.exchange(kind, [UInt8](repeating: 123, count: count), longest: 1 << 12)
                }
                // A refusal, or an end.
                #expect(answer == nil || answer?.first == 1, "\(kind)")
                await #expect(throws: ShardError.self) {
                    _ = try await ShardProcesses.waiting { try link.exchange(5, [], longest: 1 << 12) }
                }
            }
            // Strangers without TLS, more than it holds files for.
            let before = shards.processes[0].openFiles
            let strangers = (0..<300).map { _ in Self.stranger(at: shards.addresses[0]) }
            defer { for stranger in strangers { close(stranger) } }
            try await Task.sleep(for: .seconds(1))
            #expect(shards.processes[0].openFiles <= before + 80)
            let (table, _) = try shards.table(rows: 100)
            let first = try await shards.counter(table)
            let busy = await #expect(throws: ShardError.self) { try await shards.counter(table) }
            #expect(busy == .busy(shard: shards.addresses[0]))
            first.end()
        }
    }

    /// Somebody who connects and sends what is no handshake.
    private static func stranger(at address: String) -> Int32 {
        let end = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var found = sockaddr_in()
        found.sin_family = sa_family_t(AF_INET)
        found.sin_port = in_port_t(address.split(separator: ":").last.flatMap { UInt16($0) } ?? 0).bigEndian
        found.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &found) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(end, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        #expect(connected == 0)
        let junk: [UInt8] = [7, 7, 7]
        _ = send(end, junk, junk.count, Int32(MSG_NOSIGNAL))
        return end
    }

    @Test(
        "a shard that is killed and started anew gets its rows again; one that stays away is told by name",
        .enabled(if: Program.isBuilt, Program.absence))
    func killed() async throws {
        try await ShardProcesses.run { shards in
            let (table, _) = try shards.table(rows: 5_000)
            let counter = try await shards.counter(table, waits: [1, 2, 4])
            shards.processes[1].kill()
            let again = try ShardProcesses.start(shards.folder, listen: shards.addresses[1])
            defer { again.stop() }
            let counted = try await ShardProcesses.waiting { try ShardProcesses.pairs(Kernel(countedBy: counter)) }
            #expect(try counted == ShardProcesses.pairs(ShardProcesses.memory(table)))
            again.kill()
            let (error, releases) = try await ShardProcesses.waiting { () -> (String, Int) in
                let kernel = Kernel(countedBy: counter)
                let error = #expect(throws: PrivacyError.self) { try ShardProcesses.pairs(kernel) }
                return (error.map { "\($0)" } ?? "", kernel.transcript.releases.count)
            }
            #expect(error.contains("\(shards.addresses[1]) is lost"), "\(error)")
            #expect(releases == 0)
        }
    }
}
