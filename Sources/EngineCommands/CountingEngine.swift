import ArgumentParser
import Domains
import PrivacyKernel
import Tables

/// Where the exact counts come from that the kernel adds noise to.
enum CountingEngine: String, ExpressibleByArgument, CaseIterable {
    /// Every row is held as codes.
    case memory
    /// No row is held: the file is read anew for each round of questions.
    case blocks
    /// No row comes here: a cluster that has the tables counts them.
    case spark
    /// No row is held here: the file is read once, and each row sent to the shard of its key.
    case shards

    /// Whether others count, at addresses that are named.
    var isElsewhere: Bool { self == .spark || self == .shards }
}

/// Rows on their way to a kernel: held, in their file, on a cluster, or on shards.
enum CountedRows: ~Copyable {
    case held(PrivateTable)
    /// The table, how columns follow from its own, and the domain that they make.
    case counted(StreamedTable, TableRecipe?, TableDomain)
    /// What counts them, and the domain with its rules.
    case elsewhere(any ExactCounter, TableDomain)

    var domain: TableDomain {
        switch self {
        case .held(let table): table.domain
        case .counted(_, _, let domain): domain
        case .elsewhere(_, let domain): domain
        }
    }

    var rowsPerKey: Int {
        switch self {
        case .held(let table): table.rowsPerKey
        case .counted: 1
        case .elsewhere(let counter, _): counter.rowsPerKey
        }
    }

    consuming func kernel() throws -> Kernel {
        switch consume self {
        case .held(let table): Kernel(table: table)
        case .counted(let table, let recipe, _): try Kernel(blocks: table, following: recipe)
        case .elsewhere(let counter, _): Kernel(countedBy: counter)
        }
    }
}
