import Tables

/// The tables of the providers while the task collects. A table that goes is overwritten, unless somebody takes it.
struct HeldTables {
    private var tables: [String: KeyedTable] = [:]

    var isEmpty: Bool { tables.isEmpty }

    /// Holds a party's table in place of an earlier one.
    mutating func hold(_ table: KeyedTable, of party: String) {
        destroy(of: party)
        tables[party] = table
    }

    /// Gives a party's table away and forgets it.
    mutating func take(from party: String) -> KeyedTable? { tables.removeValue(forKey: party) }

    /// Overwrites a party's table.
    mutating func destroy(of party: String) {
        tables.removeValue(forKey: party)?.wipe()
    }

    mutating func destroyAll() {
        for party in Array(tables.keys) { destroy(of: party) }
    }
}
