internal import Attestation

/// Where the rows are counted, whom that asks the parties to trust, and which programs are proved.
extension TaskDescription {
    var engine: String { proofs.isEmpty ? trust : trust + "\n" + proofs.joined(separator: "\n") }

    /// Which programs computing parties have to prove, and what that is worth.
    private var proofs: [String] {
        task.proofs.sorted { $0.key < $1.key }.flatMap { name, proof in
            [
                "  \(who(name)), on each connection and before anything else is sent over it, that it runs this program "
                    + "(evidence of \(proof.format.rawValue)):"
            ]
                + proof.measurements.sorted { $0.key < $1.key }.map { "    \($0.key) \($0.value)" }
                + (proof.format.caveat.map { ["    \($0): for a rehearsal."] } ?? [])
        }
    }

    private func who(_ name: String) -> String {
        guard task.listedShards != nil else { return "\(name) proves to each of the others" }
        return name == TaskSpecification.Shards.programs.service
            ? "The service proves to each shard" : "Each shard proves to the service"
    }

    private var trust: String {
        if case .secretSharing(let computing, let members) = task.engine { return sharing(computing, members) }
        if let server = task.listedCluster { return cluster(server) }
        if let shards = task.listedShards { return counted(by: shards) }
        guard case .secureSum(let colluding) = task.engine else { return "" }
        let count = task.providers.count
        let factor = (100 * (Double(count) / Double(count - colluding)).squareRoot()).rounded() / 100
        return """
            Engine
              No service and no enclave: each provider counts its own table at home (`entrepot compute`). Counts leave it with \
            noise, under masks that cancel in the sum of all \(count): only totals open, to all of them.
              Holds against up to \(colluding) of them who put together what they know, as long as they keep to the rounds. The \
            noise is \(factor) times that of one place for it. A provider who counts wrongly makes the totals wrong, and nothing \
            notices.
              It rests on cryptography (X25519, AES) where an enclave rests on hardware. If one provider is missing, there is no \
            result.
            """
    }

    private func counted(by shards: TaskSpecification.Shards) -> String {
        """
        Engine
          The service keeps no row. While a table comes, it sends each row to the shard that a secret hash of the row's key names, of \
        \(shards.addresses.joined(separator: ", ")), and adds up the exact tables of counts that come back; noise, budget and ledger \
        stay with it.
          A shard gets rows only after evidence on that connection of the program below, made for this very task, and takes rows only \
        from a service that shows evidence of this task and of \
        \(task.proofToShards == task.proofOfShards ? "the same program" : "the program that is listed for it").
          Both are believed: measured code that counted wrongly would break the promise of ε. One that errs is found out by 64 known \
        rows that are counted with the others. If a shard is lost after it got rows, the task fails.
        """
    }

    private func cluster(_ server: String) -> String {
        """
        Engine
          No service and no enclave: the Spark cluster at \(server) has the tables of all providers and counts them. It sees every \
        row. Whoever runs `entrepot fit` there gets exact tables of counts, adds the noise and keeps to this task.
          Both are believed: a cluster that counts wrongly on purpose, or a person who keeps exact counts, breaks the promise of ε, and \
        nothing here finds it out. A cluster that errs is found out by 64 known rows that are counted with the others.
        """
    }

    private func sharing(_ computing: [String], _ members: TaskSpecification.Engine.Members) -> String {
        guard computing.count == 3 else { return "" }
        if case .hidden(let epsilon) = members { return hiding(computing, epsilon) }
        return """
            Engine
              No service and no enclave: \(computing[0]), \(computing[1]) and \(computing[2]) each run `entrepot compute`. Each \
            provider's rows go to the other one under a mask that \(computing[2]) can make and the other cannot: nobody has rows \
            and mask but their owner. On these shares the three count; each adds noise, and only noisy counts open, to all three.
              Holds against one of the three who looks at all it has, as long as all keep to the rounds. Two who put together what \
            they have see both tables, and \(computing[2]) with either provider can try which keys the other has. The noise is 1.22 times \
            that of one place for it. Rows that do not count once in each column are refused.
              \(computing[0]) and \(computing[1]) learn which of their own keys the other has too, and how many; \(computing[2]) \
            learns neither: it sees the declared sizes, and names of \(computing[0])'s keys that say nothing without a key of both providers.
              It rests on cryptography (X25519, ChaCha20, AES) where an enclave rests on hardware. If one of the three is \
            missing, there is no result.
            """
    }

    private func hiding(_ computing: [String], _ epsilon: Double) -> String {
        """
        Engine
          No service and no enclave: \(computing[0]), \(computing[1]) and \(computing[2]) each run `entrepot compute`. Each \
        provider's rows go to \(computing[2]) in an order that the provider alone knows, under names that only the two providers can \
        make and a mask that only they can take off. \(computing[2]) puts rows of one name together; the three count on shares of \
        them, each adds noise, and only noisy counts open, to all three.
          Holds against one of the three who looks at all it has, as long as all keep to the rounds. Two who put together what \
        they have see both tables. The noise is 1.22 times that of one place for it. Rows that do not count at most once in each \
        column are refused.
          Neither provider learns which of its keys the other has too, or how many. \(computing[2]) sees the declared sizes, and how \
        many keys are common with noise of ε = \(epsilon), which is part of the ε below; it sees whose they are of nobody.
          It rests on cryptography (X25519, ChaCha20, AES) where an enclave rests on hardware. If one of the three is missing, \
        there is no result.
        """
    }
}
