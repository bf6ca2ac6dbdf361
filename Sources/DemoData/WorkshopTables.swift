import VectorMath

/// Cars in the shape of the enclave workshop's tables: Alice holds what a car costs, Bob what it offers and how buyers
/// judged it. The judgement depends on both halves, so that neither party alone can model it.
struct WorkshopTables {
    /// Alice's table, then Bob's.
    let csv: [String]

    /// At most 1,728 rows: as many as the attributes have combinations.
    init(rows: Int, seed: UInt64) {
        var generator = SplitMix64(state: seed)
        let prices = ["low", "med", "high", "vhigh"]
        let doors = ["2", "3", "4", "5more"]
        let persons = ["2", "4", "more"]
        let sizes = ["small", "med", "big"]
        var alice = "id,buying,maint,doors\n"
        var bob = "id,persons,lug_boot,safety,value\n"
        let ids = Array(0..<1_728).shuffled(using: &generator).prefix(rows)
        var bobRows: [String] = []
        for id in ids {
            // The identifier enumerates the combinations, as in the workshop's own data.
            let buying = id % 4
            let maintenance = id / 4 % 4
            let door = id / 16 % 4
            let person = id / 64 % 3
            let boot = id / 192 % 3
            let safety = id / 576 % 3
            alice += "\(id),\(prices[buying]),\(prices[maintenance]),\(doors[door])\n"
            let value = Self.judgement(
                cost: buying + maintenance, person: person, boot: boot, safety: safety, door: door)
            bobRows.append("\(id),\(persons[person]),\(sizes[boot]),\(["low", "med", "high"][safety]),\(value)\n")
        }
        bob += bobRows.shuffled(using: &generator).joined()
        csv = [alice, bob]
    }

    /// A car without safety or room for four is unacceptable; the rest is a score of comfort and safety against cost.
    private static func judgement(cost: Int, person: Int, boot: Int, safety: Int, door: Int) -> String {
        guard safety > 0, person > 0 else { return "unacc" }
        let score = 3 * safety + boot + min(door, 2) - 2 * cost
        if score < -3 { return "unacc" }
        if score < 4 { return "acc" }
        return score < 7 ? "good" : "vgood"
    }
}
