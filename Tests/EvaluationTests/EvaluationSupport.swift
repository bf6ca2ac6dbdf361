import Domains
import FittedModels
import Foundation
import PrivacyKernel
import Synthesizers
import Tables
import Testing
import VectorMath

@testable import Evaluation

/// Rows of four columns: the first two follow each other, the others stand alone.
struct KnownTable {
    let domain: TableDomain
    let columns: [[Int]]

    static let hostile = "<script>alert(1)</script>\"'&"

    init(rows: Int, seed: UInt64 = 3) {
        var generator = SplitMix64(state: seed)
        domain = TableDomain(columns: [
            .categories("Alice_kind", ["a", "b", Self.hostile]), .categories("Bob_sort", ["p", "q", "r"]),
            .categories("Alice_<b>", ["x", "=1+1"]), .categories("Bob_size", ["s", "m", "l", "xl"]),
        ])
        var columns: [[Int]] = [[], [], [], []]
        for _ in 0..<rows {
            let first = Int.random(in: 0..<3, using: &generator)
            columns[0].append(first)
            columns[1].append(
                Int.random(in: 0..<10, using: &generator) < 8 ? first : Int.random(in: 0..<3, using: &generator))
            columns[2].append(Int.random(in: 0..<2, using: &generator))
            columns[3].append(Int.random(in: 0..<4, using: &generator))
        }
        self.columns = columns
    }

    func table() throws -> PrivateTable {
        let coded = try CodedTable(
            columns: zip(columns, domain.sizes).map { codes, size in
                try CodedColumn(.words(codes.map { UInt32($0) }), domainSize: size)
            })
        return try PrivateTable(public: coded, domain: domain)
    }

    func fit(_ name: String, epsilon: Double, delta: Double = 1e-9) throws -> FittedModel {
        let synthesizer = try synthesizer(named: name)
        let privacy = try PrivacyParameters(epsilon: epsilon, delta: delta)
        return try synthesizer.fit(Kernel(table: table()), privacy)
    }

    /// Exact counts, by brute force.
    func count(_ conditions: [(column: Int, codes: Set<Int>)]) -> Double {
        Double(columns[0].indices.count { row in conditions.allSatisfy { $0.codes.contains(columns[$0.column][row]) } })
    }
}

let subject = EvaluationSubject(
    title: "Trade <of> two & \"more\"", purpose: "Planning.",
    parties: [
        .init(name: "Alice", role: "provider"), .init(name: "Bob", role: "provider"),
    ], protection: "an attacker who was 50 % sure becomes at most 73 % sure", source: .file("it's.model"),
    date: "2026-11-21")
