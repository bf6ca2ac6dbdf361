import Testing

@testable import Service

@Suite("Who may call what")
struct RoleTests {
    /// What each kind of caller may use, written out: a new call has to be decided upon here too.
    private static let open: Set<Endpoint> = Set(Endpoint.allCases.filter { $0.access == .anybody })
    private static let forProviders: Set<Endpoint> = [
        .signatures, .upload, .uploadStanding, .confirm, .confirmAsPost, .withdraw, .halt,
    ]
    private static let samples: Set<Endpoint> = Set(Endpoint.allCases.filter { $0.access == .recipients })

    private func permitted(_ caller: Caller) -> Set<Endpoint> {
        Set(Endpoint.allCases.filter { endpoint in (try? endpoint.admit(caller)) != nil })
    }

    @Test("strangers see evidence, task and health; operators and auditors no data; consumers no way in")
    func permissions() {
        let all = Set(Endpoint.allCases)
        #expect(permitted(.stranger) == Self.open)
        #expect(Self.open.isDisjoint(with: Self.forProviders.union(Self.samples)))
        #expect(Self.samples.contains(.samples))
        for role in [Caller.Role.operator, .auditor] {
            let seen = permitted(.party(name: "Olaf", role: role))
            #expect(seen == all.subtracting(Self.forProviders).subtracting(Self.samples))
            #expect(seen.isSuperset(of: [.ledger, .receipts, .checkpoint, .modelStatus]))
        }
        #expect(permitted(.watcher) == Self.open.union([.metrics]))
        #expect(permitted(.party(name: "Carol", role: .consumer)) == all.subtracting(Self.forProviders))
        #expect(permitted(.party(name: "Alice", role: .provider)) == all)
    }
}
