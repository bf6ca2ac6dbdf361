import Foundation
import Testing
import VectorMath

@testable import SecretSharing

/// Offices in one test, with messages that the test carries: in any order, late, twice, or to an office that was started again.
struct SumWorld {
    static let task = [UInt8](repeating: 7, count: 32)
    let names: [String]
    var offices: [SumRounds]
    let keys: [MaskKey]
    /// What each office has on its disk: its messages.
    var disks: [[SumShare]]
    /// And what it wrote down of the others.
    var sightings: [[SumSighting]]

    /// In which numbers parts are added.
    let group: SumGroup

    init(_ count: Int, task: [UInt8] = SumWorld.task, group: SumGroup = .words) {
        self.group = group
        names = (0..<count).map { "office\($0)" }
        keys = (0..<count).map { _ in MaskKey() }
        disks = [[SumShare]](repeating: [], count: count)
        sightings = [[SumSighting]](repeating: [], count: count)
        offices = []
        for place in 0..<count { offices.append(office(place, task: task)) }
    }

    func office(
        _ place: Int, task: [UInt8] = SumWorld.task, plan: UInt8 = 1, table: UInt8? = nil, key: MaskKey? = nil,
        request: SumRounds.Office.Request? = nil
    ) -> SumRounds {
        SumRounds(
            SumRounds.Office(
                task: task, names: names, place: place, plan: [UInt8](repeating: plan, count: 32),
                commitment: [UInt8](repeating: table ?? UInt8(place), count: 32), program: "entrepot test",
                request: request),
            key: key ?? keys[place], made: disks[place], sightings: sightings[place])
    }

    /// Everybody greets everybody.
    mutating func greet() throws {
        for from in offices.indices {
            for to in offices.indices where to != from {
                try carry(.greeting(offices[from].greeting(to: to)), from: from, to: to)
            }
        }
    }

    /// Over the wire: as bytes.
    mutating func carry(_ message: SumMessage, from: Int, to: Int) throws {
        let read = try #require(SumMessage(bytes: message.bytes))
        #expect(read == message)
        try offices[to].receive(read, from: from)
    }

    /// Each makes its message of the next round.
    mutating func shares(_ parts: [[Int64]], question: String) throws -> [SumShare] {
        try offices.indices.map { place in
            let share = try offices[place].share(parts[place], question: question, in: group)
            if disks[place].count == share.round { disks[place].append(share) }
            return share
        }
    }

    /// A whole round.
    mutating func round(_ parts: [[Int64]], question: String) throws -> [[Int64]] {
        let shares = try shares(parts, question: question)
        for from in offices.indices {
            for to in offices.indices where to != from { try carry(.share(shares[from]), from: from, to: to) }
        }
        for place in offices.indices { keepSightings(place) }
        return try offices.indices.map { try #require(try offices[$0].total()) }
    }

    /// Over a file's lines, as an office keeps them.
    mutating func keepSightings(_ place: Int) {
        let lines = offices[place].takeSightings().map(\.line)
        sightings[place] += lines.compactMap { SumSighting(line: $0) }
    }

    static func sum(_ parts: [[Int64]]) -> [Int64] {
        parts.dropFirst().reduce(parts[0]) { sum, part in zip(sum, part).map { $0 &+ $1 } }
    }

    static func parts(_ offices: Int, _ cells: Int, _ seed: UInt64) -> [[Int64]] {
        var generator = SplitMix64(state: seed)
        return (0..<offices).map { _ in
            (0..<cells).map { cell in
                cell % 5 == 0 ? Int64(bitPattern: generator.next()) : Int64(generator.next() % 1000) - 200
            }
        }
    }
}
