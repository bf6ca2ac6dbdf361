import Foundation
import NIOCore
import NIOPosix
import Tasks
import Testing

@testable import Client
@testable import SecretSharing

/// The clocks of two offices may be years apart: each end's key counts, and no date of its certificate.
@Suite("Offices whose clocks are apart", .serialized)
struct OfficeClockTests {
    @Test(
        "two offices greet and add up, whoever's clock is decades off",
        arguments: [(-40.0, 0.0), (0.0, 40.0), (40.0, -40.0)])
    func apart(first: Double, second: Double) async throws {
        let keys = try (0..<2).map { _ in try PartyPrivateKey.generate(.p256) }
        let folder = FileManager.default.temporaryDirectory.appending(path: "clocks-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let meshes = try (0..<2).map { place in
            OfficeMesh(
                OfficeMesh.Configuration(
                    task: String(repeating: "07", count: 32), names: ["Norland", "Sudland"],
                    keys: keys.map(\.publicKey), place: place, key: keys[place],
                    listen: ServiceAddress(host: "127.0.0.1", port: 0), addresses: [:], patience: 20),
                rounds: SumRounds(
                    SumRounds.Office(
                        task: [UInt8](repeating: 7, count: 32), names: ["Norland", "Sudland"], place: place,
                        plan: [UInt8](repeating: 1, count: 32),
                        commitment: [UInt8](repeating: UInt8(place), count: 32), program: "test"), key: MaskKey()),
                journal: try OfficeJournal(directory: folder.appending(path: "\(place)").path))
        }
        // As `OfficeMesh.start` does it, with another clock for each certificate.
        let certificates = try zip(keys, [first, second]).map { key, years in
            try ClientCertificate(key, now: Date().addingTimeInterval(years * 365.25 * 86_400))
        }
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { [meshes, certificates] channel in
                OfficeChannel.prepare(
                    channel, isServer: true, certificate: certificates[1], mesh: meshes[1], expected: nil)
            }
            .bind(host: "127.0.0.1", port: 0).get()
        _ = try await ClientBootstrap(group: group)
            .channelInitializer { [meshes, certificates] channel in
                OfficeChannel.prepare(
                    channel, isServer: false, certificate: certificates[0], mesh: meshes[0], expected: 1)
            }
            .connect(to: #require(server.localAddress)).get()
        async let other = TwoOffices.onThread {
            _ = try meshes[1].greeted()
            return try meshes[1].open([1, 2], question: "one")
        }
        let total = try await TwoOffices.onThread {
            _ = try meshes[0].greeted()
            return try meshes[0].open([3, 4], question: "one")
        }
        #expect(try await other == [4, 6] && total == [4, 6])
        for mesh in meshes { await mesh.leave() }
        try await server.close().get()
    }
}
