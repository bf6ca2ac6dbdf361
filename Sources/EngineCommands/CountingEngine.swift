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
}

/// Rows on their way to a kernel, held or in their file.
enum CountedRows: ~Copyable {
    case held(PrivateTable)
    /// The table, how columns follow from its own, and the domain that they make.
    case counted(StreamedTable, TableRecipe?, TableDomain)

    var domain: TableDomain {
        switch self {
        case .held(let table): table.domain
        case .counted(_, _, let domain): domain
        }
    }

    var rowsPerKey: Int {
        switch self {
        case .held(let table): table.rowsPerKey
        case .counted: 1
        }
    }

    consuming func kernel() throws -> Kernel {
        switch consume self {
        case .held(let table): Kernel(table: table)
        case .counted(let table, let recipe, _): try Kernel(blocks: table, following: recipe)
        }
    }
}
