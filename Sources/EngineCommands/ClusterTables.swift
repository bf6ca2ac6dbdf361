import Domains
import FittedModels
import Ledger
import PrivacyKernel
import Spark
import Synthesizers
import Tables

/// Tables that lie on a cluster, checked there.
struct ClusterTables {
    typealias Source = (party: String, name: String, domain: TableDomain, schema: TableSchema, key: KeyRule?)

    let rows: SparkCounter
    /// Who counts: for the entry of the ledger.
    let counter: String
    /// For each table a digest of its name, its number of rows and what the cluster says of their content. It is no digest of a file:
    /// the cluster is believed.
    let contents: [LedgerHash]

    /// - Parameter domain: of the joined tables, with the rules of its rows.
    /// - Throws: `SparkError`.
    init(_ sources: [Source], domain: TableDomain, rowsPerKey: Int, connect: String) throws(SparkError) {
        let address = try SparkAddress(connect)
        let server = try SparkConnection(address) { Console.progress($0) }
        counter = "Spark \(server.version) at \(address.place)"
        Console.say("counted by \(counter), which is believed: it is no part of the kernel")
        let tables = try SparkRows(
            sources.map {
                SparkRows.Source(party: $0.party, name: $0.name, domain: $0.domain, schema: $0.schema, key: $0.key)
            }, domain: domain, rowsPerKey: rowsPerKey, on: server)
        rows = tables.counter
        contents = tables.contents.map { LedgerHash(of: Array($0.utf8)) }
    }
}
