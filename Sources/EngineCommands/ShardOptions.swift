import ArgumentParser

/// What `fit` needs to know before it trusts a shard with rows.
package struct ShardOptions: ParsableArguments {
    @Option(help: "With --engine shards: your private key, with whose public half the shards were started.")
    var key: String?

    @Option(help: "With --engine shards: release.json, the measurements that you accept.")
    var measurements: String?

    @Flag(help: "Accept shards with a simulated attester. It gives no confidentiality against their hosts.")
    var allowSimulated = false

    @Flag(help: "Accept shards that were built for debugging, or whose platform lets its host look inside.")
    var allowDebug = false

    @Option(help: "The root certificate of the shards' simulated attester (state folder, simulated-root/).")
    var simulatedRoot: String?

    package init() {}

    package func validate() throws {
        if allowSimulated != (simulatedRoot != nil) {
            throw ValidationError("--allow-simulated and --simulated-root FILE go together")
        }
    }

    var trust: ShardTrust {
        ShardTrust(
            key: key, measurements: measurements, simulatedRoot: simulatedRoot, allowsDebug: allowDebug)
    }

    var isGiven: Bool { key != nil || measurements != nil || allowSimulated || allowDebug }
}
